import { foundService } from '../services/find-service';
import type { ServiceRecords } from '../services/service-records';
import { DomainError } from '../shared/domain-error';
import { assertErasable } from './erasable';
import type { TableRecords } from './table-records';
import type { AskedRun, TableRun, TablesStatus } from './table-run';
import type { Warehouse } from './warehouse';

interface Needs {
  readonly warehouse: Pick<Warehouse, 'startRun' | 'runState' | 'status'>;
  readonly services: Pick<ServiceRecords, 'read'>;
  readonly tables: Pick<TableRecords, 'find'>;
  readonly now: () => Date;
}

/** A run and where it stands. */
export interface RunProgress {
  readonly id: string;
  readonly run: TableRun;
}

/** How long a caller waits at most for a run before it gets the run's id to ask again. */
const PATIENCE_MS = 25_000;

/**
 * Starts work on a service's tables and waits for its end, at most 25 s.
 * @throws `service-not-found`; `invalid-input` for a column that there is not, or a value that it cannot have
 */
export const startRun =
  ({ warehouse, services, tables, now }: Needs) =>
  async (asked: AskedRun): Promise<RunProgress> => {
    const { service, kind } = asked;
    const began = now().getTime();
    if (kind === 'refresh') foundService(await services.read(service), service);
    // Also of a service that was deleted since.
    else assertErasable(foundService(await tables.find(service), service), asked.what);
    const id = await warehouse.startRun(asked);
    // The caller has waited for the start as well.
    const left = Math.max(0, began + PATIENCE_MS - now().getTime());
    const run = await warehouse.runState(id, left);
    return { id, run: run ?? { service, kind, status: 'running' } };
  };

/** Where a run stands, after a wait for it when it still goes on. @throws `not-found` */
export const findRun =
  ({ warehouse }: Pick<Needs, 'warehouse'>) =>
  async (service: string, id: string): Promise<RunProgress> => {
    const run = await warehouse.runState(id, PATIENCE_MS);
    if (run?.service === service) return { id, run };
    throw new DomainError('not-found', `${service} has no run ${id}: runs are forgotten in time`);
  };

/** How far a service's tables are behind. @throws `service-not-found` */
export const tablesStatus =
  ({ warehouse, tables }: Pick<Needs, 'warehouse' | 'tables'>) =>
  async (service: string): Promise<TablesStatus> => {
    foundService(await tables.find(service), service);
    return warehouse.status(service);
  };
