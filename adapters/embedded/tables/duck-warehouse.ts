import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { DomainError } from '../../../core/shared/domain-error';
import type { ErasureReport } from '../../../core/tables/erasure';
import type {
  QueryRows,
  QueryState,
  RefreshReport,
  Warehouse,
} from '../../../core/tables/warehouse';
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

/** The tables of one machine: Parquet files, built and queried by processes of their own. */
export const duckWarehouse = ({
  builder,
  queries,
  results,
  rollLog,
  newId,
  clock,
}: Needs): Warehouse => {
  const known = new Map<string, Query>();
  let exporting = 0;

  const forgetOld = (): void => {
    const ended = [...known].filter(([, { endedAt }]) => endedAt !== null);
    ended.forEach(([id, { endedAt }], i) => {
      const age = clock() - (endedAt ?? 0);
      if (age > KEPT_MS || i < ended.length - MOST_KEPT) known.delete(id);
    });
  };

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

  return {
    async startQuery(sql, maxRows) {
      forgetOld();
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
      const waited = new AbortController();
      const late = sleep(waitMs, undefined, { signal: waited.signal }).catch(() => undefined);
      await Promise.race([query.ended, late]);
      waited.abort();
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

    async refresh(service, received): Promise<RefreshReport> {
      return builder.ask<RefreshReport>({ ask: 'catch-up', again: { service, ...received } });
    },

    async erase(service, what): Promise<ErasureReport> {
      const upTo = rollLog();
      const report = await builder.ask<ErasureReport>({ ask: 'erase', service, what, upTo });
      forgetResults();
      return report;
    },

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
