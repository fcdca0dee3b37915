import { createRequire } from 'node:module';
import { TextDecoder } from 'node:util';
import { type DuckDBConnection, DuckDBInstance, type JS } from '@duckdb/node-api';

interface Options {
  /** Such as `400MB`. */
  readonly memory: string;
  readonly threads: number;
  /** Where what does not fit into memory goes; nowhere when it is null. */
  readonly spill: string | null;
  /** Statements that run at a time, each on a core of its own; 1 by default. */
  readonly atOnce?: number;
}

/** A row by its columns' names; numbers of 64 bits are bigint. */
export type Row = Readonly<Record<string, JS>>;

/** A database in memory that computes over files. Statements have no connection of their own: no TEMP tables. */
export interface Duck {
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Row[]>;
  /** One more way in, with a transaction of its own. */
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

// The package's own decoder takes a U+FEFF at a text's beginning for a byte order mark and drops it. It
// can be replaced only in what `require` gives: an imported module's exports are read-only.
const accessors: { textDecoder: TextDecoder } = createRequire(import.meta.url)(
  '@duckdb/node-api/lib/vectors/dataAccessors',
);
accessors.textDecoder = new TextDecoder('utf-8', { ignoreBOM: true });

export const openDuck = async ({ memory, threads, spill, atOnce = 1 }: Options): Promise<Duck> => {
  const instance = await DuckDBInstance.create(':memory:', {
    memory_limit: memory,
    threads: String(threads),
    temp_directory: spill ?? '',
    // Nothing is looked for, fetched or loaded from elsewhere.
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    // It tells a file from the one that took its place by their times, which can be the same second's:
    // a reader would get pieces of both.
    enable_external_file_cache: 'false',
  });
  const all = await Promise.all(Array.from({ length: atOnce }, () => instance.connect()));
  const idle = [...all];
  const waiting: ((connection: DuckDBConnection) => void)[] = [];
  const using = async <T>(work: (connection: DuckDBConnection) => Promise<T>): Promise<T> => {
    const free = idle.pop();
    const connection = free ?? (await new Promise<DuckDBConnection>((next) => waiting.push(next)));
    try {
      return await work(connection);
    } finally {
      const next = waiting.shift();
      if (next) next(connection);
      else idle.push(connection);
    }
  };
  await using((connection) => connection.run("SET GLOBAL TimeZone = 'UTC'"));
  return {
    run: (sql) =>
      using(async (connection) => {
        await connection.run(sql);
      }),
    rows: (sql) =>
      using(async (connection) => (await connection.runAndReadAll(sql)).getRowObjectsJS()),
    connect: () => instance.connect(),
    close() {
      for (const connection of all) connection.closeSync();
      instance.closeSync();
    },
  };
};
