import { mkdirSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { DuckDBConnection, DuckDBPreparedStatement } from '@duckdb/node-api';
import { DomainError, isDomainError } from '../../../core/shared/domain-error';
import type { Cell } from '../../../core/tables/cell';
import type { QueryRows, ResultFormat } from '../../../core/tables/warehouse';
import { orFullDisk } from '../full-disk';
import { type Duck, openDuck } from './duckdb';
import { waitingFolder } from './part-files';
import { openQueryTables, type QueryTables } from './query-tables';
import { jsonValue } from './query-value';
import { list, literal } from './quoting';
import { isOutOfMemory, messageOf, prepareRead, withoutEnd } from './statement-check';
import { openPlanner } from './statement-planner';
import { watchResult } from './watch-result';
import type { ResultLimits } from './worker-protocol';

interface Needs
  extends Pick<QueryTables, 'folder' | 'daysOf' | 'partsOf' | 'services' | 'waiting'> {
  /** Where whole results are written. */
  readonly results: string;
  readonly memory: string;
  /** Milliseconds a statement may run. */
  readonly longestMs: number;
}

/** Bytes of JSON that a result may have. */
const MOST_BYTES = 4_000_000;
/** How often a statement is run again that met a file in the moment of its replacement. */
const TORN_RETRIES = 7;
/** The first pause; each is twice as long as the one before, for many files take a while to go. */
const TORN_PAUSE_MS = 10;
/** A statement is told again to end: DuckDB forgets it when it was told just before it began. */
const INTERRUPT_EVERY_MS = 50;

/**
 * Answers statements over the tables. They can only read, and only the tables: DuckDB itself refuses
 * every other file, address and setting.
 */
export const openQueryEngine = async (needs: Needs) => {
  const { folder, results, memory, longestMs } = needs;
  const lockDown = async (database: Duck): Promise<void> => {
    await database.run(
      `SET allowed_directories = ${list([`${folder}/`, `${waitingFolder(folder)}/`, `${results}/`])}`,
    );
    await database.run('SET enable_external_access = false; SET lock_configuration = true');
  };
  const duck = await openDuck({ memory, threads: 2, spill: null });
  await duck.run('CREATE SCHEMA inference');
  await lockDown(duck);
  const planner = await openPlanner();
  await lockDown(planner.duck);
  const tables = openQueryTables({ ...needs, duck, planner });

  const rowsOf = async (
    prepared: DuckDBPreparedStatement,
    { maxRows, maxBytes = MOST_BYTES, oneAtLeast = false }: ResultLimits,
  ): Promise<QueryRows> => {
    const result = await prepared.stream();
    const columns = result.columnNames().map((column, i) => ({
      name: column,
      type: String(result.columnType(i)),
    }));
    const rows: (readonly Cell[])[] = [];
    let bytes = 0;
    for (let chunk = await result.fetchChunk(); chunk; chunk = await result.fetchChunk()) {
      if (chunk.rowCount === 0) break;
      // One by one: a chunk of large texts would not fit into memory.
      for (let at = 0; at < chunk.rowCount; at += 1) {
        const row = chunk.convertRowValues(at, jsonValue);
        bytes += Buffer.byteLength(JSON.stringify(row));
        const isFull = bytes > maxBytes && !(oneAtLeast && rows.length === 0);
        if (rows.length >= maxRows || isFull) return { columns, rows, truncated: true };
        rows.push(row);
      }
    }
    return { columns, rows, truncated: false };
  };

  /** Runs a statement that only reads, within its time. */
  const within = async <T>(
    sql: string,
    signal: AbortSignal,
    work: (prepared: DuckDBPreparedStatement, connection: DuckDBConnection) => Promise<T>,
  ): Promise<T> => {
    const [connection, planning] = await Promise.all([duck.connect(), planner.duck.connect()]);
    const late = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
    let interrupting: NodeJS.Timeout | undefined;
    const interrupt = (): void => {
      planning.interrupt();
      connection.interrupt();
    };
    const keepInterrupting = (): void => {
      interrupt();
      interrupting = setInterval(interrupt, INTERRUPT_EVERY_MS);
    };
    late.addEventListener('abort', keepInterrupting);
    try {
      for (let retries = 0; ; retries += 1) {
        try {
          await tables.tell(connection, planning, sql);
          const prepared = await prepareRead(connection, sql);
          try {
            late.throwIfAborted();
            return await work(prepared, connection);
          } finally {
            prepared.destroySync();
          }
        } catch (error) {
          if (retries === TORN_RETRIES || late.aborted || !isTorn(error)) throw error;
          await sleep(TORN_PAUSE_MS * 2 ** retries);
        }
      }
    } catch (error) {
      throw told(error, needs, late);
    } finally {
      late.removeEventListener('abort', keepInterrupting);
      clearInterval(interrupting);
      planning.closeSync();
      connection.closeSync();
    }
  };

  return {
    /**
     * The first rows of a statement's result, within 4 MB.
     * @throws `invalid-input` for a statement that is wrong, does not only read, or takes too much time
     * or memory
     */
    query: (sql: string, limits: ResultLimits, signal: AbortSignal): Promise<QueryRows> =>
      within(sql, signal, (prepared) => rowsOf(prepared, limits)),

    /** Writes a statement's whole result into a file among the results. @throws as `query` does */
    export: (
      sql: string,
      format: ResultFormat,
      file: string,
      signal: AbortSignal,
    ): Promise<void> => {
      // It may be gone: there is nothing in it that lasts.
      mkdirSync(results, { recursive: true, mode: 0o700 });
      const watched = watchResult(file);
      const ending = AbortSignal.any([signal, watched.signal]);
      return within(sql, ending, async (_, connection) => {
        const options =
          format === 'csv' ? 'FORMAT csv, HEADER' : 'FORMAT parquet, COMPRESSION zstd';
        // What was read as one statement cannot leave these brackets; its last line may be a comment.
        const statement = await withoutEnd(connection, sql);
        const whole = `COPY (${statement}\n) TO ${literal(file)} (${options})`;
        await connection.run(whole);
      }).finally(watched.stop);
    },

    close(): void {
      planner.duck.close();
      duck.close();
    },
  };
};

/** Whether a file was replaced just while DuckDB opened it, which it does in several steps. */
const isTorn = (error: unknown): boolean =>
  /^(Invalid Error|IO Error|Invalid Input Error: No magic bytes)/.test(messageOf(error)) &&
  orFullDisk(error) === error;

/** What went wrong, for the one who wrote the statement; places on this machine are not named. */
const told = (
  error: unknown,
  { folder, results, longestMs }: Pick<Needs, 'folder' | 'results' | 'longestMs'>,
  late: AbortSignal,
): unknown => {
  if (isDomainError(late.reason)) return late.reason;
  if (late.aborted) {
    const isTime = (late.reason as Error | undefined)?.name === 'TimeoutError';
    const why = isTime ? `it ran for longer than ${longestMs / 1000} s` : 'it was cancelled';
    return new DomainError('invalid-input', `${why}: ask for fewer days or columns`);
  }
  const fault = orFullDisk(error);
  if (fault !== error) return fault;
  const text = messageOf(error).replaceAll(folder, '<tables>').replaceAll(results, '<results>');
  if (!isOutOfMemory(error)) return new DomainError('invalid-input', text);
  const why = 'it needs more memory than a statement may have';
  return new DomainError('invalid-input', `${why}: ask for fewer days or columns`);
};

export type QueryEngine = Awaited<ReturnType<typeof openQueryEngine>>;
