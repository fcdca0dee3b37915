import type { Readable, Writable } from 'node:stream';

/** What the command line is run in; tests bring their own streams. */
export interface Environment {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  /** Folder of the installation, where `examples/` lies. */
  readonly home: string;
  /** Version of Tidegate. */
  readonly version: string;
  readonly now: () => Date;
}

/** A stream that may be a terminal, `columns` wide. */
export type Terminal = Writable & { readonly isTTY?: boolean; readonly columns?: number };
