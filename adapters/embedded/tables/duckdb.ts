import { type DuckDBConnection, DuckDBInstance, type JS } from '@duckdb/node-api';

interface Options {
  /** Such as `400MB`. */
  readonly memory: string;
  readonly threads: number;
  /** Where what does not fit into memory goes; nowhere when it is null. */
  readonly spill: string | null;
}

/** A row by its columns' names; numbers of 64 bits are bigint. */
type Row = Readonly<Record<string, JS>>;

/** A database in memory that computes over files. */
export interface Duck {
  readonly connection: DuckDBConnection;
  run(sql: string): Promise<void>;
  rows(sql: string): Promise<readonly Row[]>;
  /** One more way in, with a transaction of its own. */
  connect(): Promise<DuckDBConnection>;
  close(): void;
}

export const openDuck = async ({ memory, threads, spill }: Options): Promise<Duck> => {
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
  const connection = await instance.connect();
  await connection.run("SET GLOBAL TimeZone = 'UTC'");
  return {
    connection,
    async run(sql) {
      await connection.run(sql);
    },
    async rows(sql) {
      return (await connection.runAndReadAll(sql)).getRowObjectsJS();
    },
    connect: () => instance.connect(),
    close() {
      connection.closeSync();
      instance.closeSync();
    },
  };
};
