import type { Retention } from '../../../core/services/service';
import { NEVER, NO_DAYS, type UpkeepRecords } from '../../../core/tables/upkeep-records';
import { PATIENCE_DAYS } from './build-arrival';
import type { BuildItem } from './build-item';
import { dayFrom } from './day-from';
import { ALL_SERVICES } from './upkeep';

type UpkeepItem = Extract<BuildItem, { kind: 'upkeep' }>;
type SharedItem = Extract<BuildItem, { kind: 'shared-upkeep' }>;

interface Needs {
  readonly upkeep: Pick<UpkeepRecords, 'list' | 'done' | 'sharedDue'>;
  /** Undefined when there is no such service: what its tables hold stays. */
  readonly retentionOf: (service: string) => Promise<Retention | undefined>;
  /** Days that what has arrived is kept; null for ever. */
  readonly capturedDays: number | null;
}

/** Services that one execution takes on, and days of one of their tables: its state is bounded. */
const MOST_SERVICES = 20;
const MOST_DAYS = 30;
/** What arrives is at most so many days late, and is taken away so late. */
const LATE_DAYS = 10;

/**
 * What is to be done once a day: for services whose tables have changed since it was done, or which keep
 * something for so many days only; and for the tables of all services when there is one of these.
 */
export const planUpkeep = async (
  { upkeep, retentionOf, capturedDays }: Needs,
  services: readonly string[],
  today: string,
): Promise<readonly (UpkeepItem | SharedItem)[]> => {
  const known = await upkeep.list();
  const items: UpkeepItem[] = [];
  for (const service of services) {
    const { done, days, awaited } = known.services.get(service) ?? NEVER;
    if (done !== null && done >= today) continue;
    if (items.length === MOST_SERVICES) break;
    const keep = firstDays(await retentionOf(service), today);
    const some = {
      requests: days.requests.slice(0, MOST_DAYS),
      rows: days.rows.slice(0, MOST_DAYS),
      labels: days.labels.slice(0, MOST_DAYS),
    };
    const late = awaited.filter((day) => day < dayFrom(today, -PATIENCE_DAYS)).slice(0, MOST_DAYS);
    const hasChanged = [...Object.values(some), late].some((dates) => dates.length > 0);
    if (!hasChanged && Object.keys(keep).length === 0) {
      await upkeep.done(service, today, NO_DAYS);
      continue;
    }
    items.push({ kind: 'upkeep', service, keep, days: some, late });
  }
  const { done, isDue } = known.shared;
  if ((done !== null && done >= today) || (!isDue && items.length === 0)) return items;
  // Should it fail it is due again, though all services are done for the day.
  if (!isDue) await upkeep.sharedDue();
  const erasedSince =
    capturedDays === null ? null : `${dayFrom(today, -capturedDays - LATE_DAYS)}T00:00:00.000Z`;
  return [...items, { kind: 'shared-upkeep', service: ALL_SERVICES, erasedSince }];
};

/** Of each table that is not kept whole, the first day that is. */
const firstDays = (retention: Retention | undefined, today: string): UpkeepItem['keep'] => {
  const { requests_days = null, rows_days = null, labels_days = null } = retention ?? {};
  return {
    ...(requests_days !== null && { requests: dayFrom(today, -requests_days) }),
    ...(rows_days !== null && { rows: dayFrom(today, -rows_days) }),
    ...(labels_days !== null && { labels: dayFrom(today, -labels_days) }),
  };
};
