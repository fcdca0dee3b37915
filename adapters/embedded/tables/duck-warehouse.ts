import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { DomainError } from '../../../core/shared/domain-error';
import type { ErasureReport } from '../../../core/tables/erasure';
import type { AskedRun, RunCounts, TablesStatus } from '../../../core/tables/table-run';
import type { QueryRows, QueryState, Warehouse } from '../../../core/tables/warehouse';
import type { RefreshReport } from './builder';
import { endedWithin } from './ended-within';
import { forgetEnded } from './forget-ended';
import { runMemory } from './run-memory';
import type { TableWorker } from './table-worker';

interface Needs {
  readonly builder: Pick<TableWorker, 'ask'>;
  readonly queries: Pick<TableWorker, 'ask'>;
  /** Where whole results lie while they are fetched. */
  readonly results: string;
  /** Has the log go on in another segment; answers the number of the last one that is finished. */
  readonly rollLog: () => number;
  readonly newId: () => string;
  /** Milliseconds on the monotonic clock. */
  readonly clock: () => number;
}

interface Query {
  readonly sql: string;
  /** Ends it, and whatever is made of its result. */
  abort: AbortController;
  state: QueryState;
  readonly ended: Promise<void>;
  endedAt: number | null;
}

/** Statements that run side by side, for their first rows or for their whole results. */
const MOST_RUNNING = 4;
/** Finished ones that are remembered, each with at most 4 MB of rows. */
const MOST_KEPT = 20;
const KEPT_MS = 15 * 60_000;

/** A warehouse in this process's hands: what is purged is gone when it says so. */
export interface DuckWarehouse extends Warehouse {
  queryResult(...asked: Parameters<Warehouse['queryResult']>): Promise<AsyncIterable<Uint8Array>>;

  /** Takes out of the log what has long been in the tables, however little has come since. */
  trimLog(): Promise<void>;

  /** Takes everything of a service out. */
  purge(service: string): Promise<ErasureReport>;
}

/** The tables of one machine: Parquet files, built and queried by processes of their own. */
export const duckWarehouse = ({
  builder,
  queries,
  results,
  rollLog,
  newId,
  clock,
}: Needs): DuckWarehouse => {
  const runs = runMemory({ newId, clock });
  const known = new Map<string, Query>();
  let exporting = 0;

  const assertRoom = (): void => {
    const running = [...known.values()].filter(({ endedAt }) => endedAt === null);
    if (running.length + exporting < MOST_RUNNING) return;
    const why = `${MOST_RUNNING} queries run already: wait for one, or cancel it`;
    throw new DomainError('overloaded', why, { retryAfterS: 1 });
  };

  /** What was erased may stand in a result. */
  const forgetResults = (): void => {
    for (const [id, { endedAt }] of known) if (endedAt !== null) known.delete(id);
  };

  const carriedOut = async (asked: AskedRun): Promise<RunCounts> => {
    if (asked.kind === 'refresh') {
      const { service, from, to } = asked;
      const again = { service, from, to };
      return { requests: 0, ...(await builder.ask<RefreshReport>({ ask: 'catch-up', again })) };
    }
    const { service, what } = asked;
    const upTo = rollLog();
    const report = await builder.ask<ErasureReport>({ ask: 'erase', service, what, upTo });
    forgetResults();
    return report;
  };

  return {
    async startQuery(sql, maxRows) {
      forgetEnded(known, clock(), { most: MOST_KEPT, keptMs: KEPT_MS });
      assertRoom();
      const id = newId();
      const startedAt = clock();
      const abort = new AbortController();
      const end = (state: QueryState): void => {
        query.state = state;
        query.endedAt = clock();
      };
      const ended = queries
        .ask<QueryRows>({ ask: 'query', sql, maxRows }, abort.signal)
        .then((result) => {
          const duration_ms = Math.round(clock() - startedAt);
          end({ status: 'succeeded', result, duration_ms, scanned_bytes: null });
        })
        .catch((error: unknown) =>
          end(abort.signal.aborted ? { status: 'cancelled' } : { status: 'failed', error }),
        );
      const query: Query = { sql, abort, state: { status: 'running' }, ended, endedAt: null };
      known.set(id, query);
      return id;
    },

    async queryState(id, waitMs) {
      const query = known.get(id);
      if (!query) return undefined;
      await endedWithin(query.ended, waitMs);
      return query.state;
    },

    async cancelQuery(id) {
      const query = known.get(id);
      if (!query) return;
      const { abort } = query;
      query.abort = new AbortController();
      abort.abort();
    },

    async queryResult(id, format) {
      const query = withResult(id, known.get(id));
      assertRoom();
      const file = join(results, `${newId()}.${format}`);
      exporting += 1;
      try {
        const ask = { ask: 'export', sql: query.sql, format, file } as const;
        await queries.ask(ask, query.abort.signal);
        const handle = await open(file);
        return piecesOf(handle);
      } finally {
        exporting -= 1;
        // One that is open is read through its descriptor from here on.
        await rm(file, { force: true });
      }
    },

    startRun: async (asked) => runs.start(asked, () => carriedOut(asked)),

    runState: runs.state,

    status: (service) => builder.ask<TablesStatus>({ ask: 'status', service }),

    trimLog: () => builder.ask<void>({ ask: 'trim', upTo: rollLog() }),

    async purge(service): Promise<ErasureReport> {
      const upTo = rollLog();
      const report = await builder.ask<ErasureReport>({ ask: 'purge', service, upTo });
      forgetResults();
      return report;
    },
  };
};

/** @throws `not-found`, `not-stopped` */
const withResult = (id: string, query: Query | undefined): Query => {
  const { state } = query ?? {};
  if (!query || !state) {
    throw new DomainError('not-found', `no query ${id}: queries are forgotten after a while`);
  }
  if (state.status === 'running') {
    throw new DomainError('not-stopped', `query ${id} still runs: wait for it, or cancel it`);
  }
  if (state.status === 'succeeded') return query;
  throw new DomainError('not-found', `query ${id} has no result: it ${ENDS[state.status]}`);
};

const ENDS = { failed: 'failed', cancelled: 'was cancelled' } as const;

/** A file's bytes; the file is closed when they are read or their iterator is ended. */
const piecesOf = (handle: FileHandle): AsyncIterable<Uint8Array> => {
  const pieces = handle.createReadStream({ highWaterMark: 256 * 1024 });
  return {
    [Symbol.asyncIterator]: () => {
      const iterator = pieces[Symbol.asyncIterator]();
      return {
        next: () => iterator.next(),
        // One that never began would not be told.
        return: async () => {
          pieces.destroy();
          return { done: true, value: undefined };
        },
      };
    },
  };
};
