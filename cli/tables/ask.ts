import { CliError } from '../cli-error';
import type { AnswerTo } from '../control-api';
import type { Session } from '../session';

/** The first rows that a statement has. */
export type QueryResult = Extract<AnswerTo<'POST /api/query'>, { readonly columns: unknown }>;

/** A query can be cancelled once it has an id, which is answered after this time. */
const FIRST_WAIT_S = 1;
/** The platform itself waits 25 seconds for a query that it is asked for. */
const TIMEOUT_MS = 60_000;

/**
 * Runs a statement to its end, says on a terminal that it runs, and cancels it on the platform when
 * `signal` is aborted.
 * @throws CliError when it fails or is cancelled
 */
export const ask = async (
  session: Session,
  sql: string,
  maxRows: number,
  signal: AbortSignal,
): Promise<QueryResult> => {
  const progress = session.progress();
  progress.update('the query runs, Ctrl-C cancels it');
  try {
    const body = { sql, max_rows: maxRows, wait_s: FIRST_WAIT_S };
    const started = await session.call('POST /api/query', { path: {}, body });
    if ('columns' in started) return started;
    return await endOf(session, started.query_id, signal);
  } finally {
    progress.done();
  }
};

const endOf = async (
  { call }: Session,
  query: string,
  signal: AbortSignal,
): Promise<QueryResult> => {
  const path = { query };
  const refused = Promise.withResolvers<never>();
  refused.promise.catch(() => undefined);
  const cancel = (): void => {
    call('DELETE /api/queries/{query}', { path }).catch(refused.reject);
  };
  if (signal.aborted) cancel();
  signal.addEventListener('abort', cancel, { once: true });
  try {
    for (;;) {
      const asked = call('GET /api/queries/{query}', { path, timeoutMs: TIMEOUT_MS });
      const { status, result, error } = await Promise.race([asked, refused.promise]);
      if (result) return result;
      if (status === 'failed') throw new CliError(error ?? 'the query failed');
      if (status === 'cancelled') throw cancelled();
    }
  } finally {
    signal.removeEventListener('abort', cancel);
  }
};

/** Said of what the user has cancelled. */
export const cancelled = (): CliError => new CliError('the query was cancelled');
