import type { PackageFile } from './artifact-store';

/** A file of a package and the SHA-256 of its content, in hexadecimal. */
export interface DigestedFile extends PackageFile {
  readonly sha256: string;
}

/**
 * The text whose SHA-256 is the digest of a package: a line per file, in the order of their paths.
 * The same in every home, so a package keeps its digest wherever it goes.
 */
export const packageManifest = (files: readonly DigestedFile[]): string =>
  [...files]
    .sort((a, b) => (a.path < b.path ? -1 : 1))
    .map(({ path, bytes, sha256 }) => `${sha256} ${bytes} ${JSON.stringify(path)}\n`)
    .join('');

/**
 * What `packageManifest` wrote.
 * @throws Error when it is something else
 */
export const parseManifest = (text: string): readonly DigestedFile[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [, sha256, bytes, path] = /^([0-9a-f]{64}) (\d+) (".*")$/.exec(line) ?? [];
      if (sha256 === undefined || path === undefined) throw new Error('not a package manifest');
      return { sha256, bytes: Number(bytes), path: JSON.parse(path) as string };
    });
