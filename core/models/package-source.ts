import type { Container } from './container';
import type { AskedSource, ExpectedAnswers, ModelSource, Runtime } from './model-version';
import type { Signature } from './signature';

/** A package brought to this machine. */
export interface FetchedPackage {
  readonly folder: string;
  /** Where it came from, with an alias resolved to its number. */
  readonly source: ModelSource;
  /** Forgets the copy, if one was made. */
  release(): Promise<void>;
}

/** Brings packages here. */
export interface PackageSources {
  /**
   * `trusted`: a path may lie anywhere; only the manifest says so.
   * @throws `bad-request` what was asked for is not there, not allowed, or no package
   */
  fetch(source: AskedSource, options?: { readonly trusted?: boolean }): Promise<FetchedPackage>;
}

/** What a package says of itself. */
export interface PackageDescription {
  readonly flavor: string;
  readonly runtime: Runtime;
  readonly signature: Signature;
  /** The input example, with the answers that came with it; null when there is no example. */
  readonly expected: ExpectedAnswers | null;
  /** The image that it names. */
  readonly container?: Container | undefined;
}

/** Reads and tries packages, apart from the process that serves. */
export interface PackageChecks {
  /** @throws `bad-request` with the reason why it cannot be served, and the way out */
  inspect(folder: string): Promise<PackageDescription>;

  /**
   * Replays the example through the real runtime: answers that came with it must be reproduced; where
   * none did, the first ones are checked for shape and finiteness and become what is expected.
   * A runtime that needs the host to start it is left for then.
   * @throws `bad-request` with every answer that differs
   */
  gate(folder: string, described: PackageDescription): Promise<ExpectedAnswers | null>;
}
