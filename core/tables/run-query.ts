import { DomainError } from '../shared/domain-error';
import type { QueryState, Warehouse } from './warehouse';

interface Needs {
  readonly warehouse: Pick<Warehouse, 'startQuery' | 'queryState' | 'cancelQuery'>;
}

/** A query and where it stands. */
export interface QueryProgress {
  readonly id: string;
  readonly state: QueryState;
}

/** How long a caller waits at most for a result before it gets the query's id to ask again. */
const PATIENCE_MS = 25_000;

/** Starts a statement and waits for its result, at most `waitMs`. @throws `overloaded` */
export const runQuery =
  ({ warehouse }: Needs) =>
  async (sql: string, maxRows: number, waitMs = PATIENCE_MS): Promise<QueryProgress> => {
    const id = await warehouse.startQuery(sql, maxRows);
    return { id, state: (await warehouse.queryState(id, waitMs)) ?? { status: 'running' } };
  };

/** Where a query stands, after a wait for it when it still runs. @throws `not-found` */
export const findQuery =
  ({ warehouse }: Needs) =>
  async (id: string): Promise<QueryProgress> => {
    const state = await warehouse.queryState(id, PATIENCE_MS);
    if (state) return { id, state };
    throw new DomainError('not-found', `no query ${id}: queries are forgotten after a while`);
  };

/** Ends a query; one that is over or forgotten is no error. */
export const cancelQuery =
  ({ warehouse }: Needs) =>
  (id: string): Promise<void> =>
    warehouse.cancelQuery(id);
