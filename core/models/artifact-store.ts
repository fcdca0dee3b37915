/** A model package as files with relative POSIX paths. */
export interface PackageFile {
  readonly path: string;
  readonly bytes: number;
}

/**
 * Immutable packages by digest. A digest covers every file's path and content, so the same files
 * always have the same digest, in either home.
 */
export interface ArtifactStore {
  /** Takes a copy of a folder. Storing the same package again changes nothing. */
  put(folder: string): Promise<{ readonly digest: string; readonly size: number }>;

  /**
   * A local folder that holds the package, its content just checked against the digest.
   * @throws `not-found` when it is not there; an Error that names the file when it was changed
   */
  open(digest: string): Promise<string>;

  /** Forgets a package; one that is not there is no error. */
  remove(digest: string): Promise<void>;
}
