import type { AthenaClient } from '@aws-sdk/client-athena';
import type { DirtyHours } from '../../../core/tables/dirty-hours';
import type { TableRecords } from '../../../core/tables/table-records';
import type { TabledService } from './build-arrival';
import { buildItem, type ItemReport } from './build-item';
import type { Places } from './places';
import { planBuilds, type ServiceWork, type Work } from './plan-builds';
import type { Statement } from './statement';
import { statementResult } from './statement-result';
import { nextStep } from './steps';

interface Needs {
  readonly athena: AthenaClient;
  readonly hours: DirtyHours;
  readonly tables: Pick<TableRecords, 'find' | 'listVersions'>;
  readonly places: Places;
  /** Where tables lie. */
  readonly bucket: string;
  readonly now: () => Date;
}

/** What to run next for a piece of work, or what it came to. */
export type Advice =
  | { readonly statement: Statement }
  | { readonly done: ItemReport; readonly service: string };

/**
 * Says what has to be run to bring what has arrived into the tables. It keeps nothing: whoever runs the
 * statements gives their ids back, so that it may be asked again after a crash, and twice at once.
 */
export const tableBuilder = ({ athena, hours, tables, places, bucket, now }: Needs) => {
  const describe = async (service: string): Promise<TabledService | undefined> => {
    const table = await tables.find(service);
    return table && { table, versions: await tables.listVersions(service) };
  };

  return {
    /** The work there is, of all services or of one. */
    async plan(service?: string): Promise<readonly ServiceWork[]> {
      return planBuilds(await hours.list(service), now().toISOString().slice(0, 10));
    },

    /** What comes after these statements (ids of queries that have succeeded). */
    async next({ item, today, found }: Work, queries: readonly string[]): Promise<Advice> {
      const described = await describe(item.service);
      const results = await Promise.all(queries.map((id) => statementResult(athena, id)));
      const steps = buildItem({ places, bucket, described, today }, item);
      const next = nextStep(steps, results);
      if ('statement' in next) return next;
      await hours.clear(found);
      return { done: next.done, service: item.service };
    },
  };
};
