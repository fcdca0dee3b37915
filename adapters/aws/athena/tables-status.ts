import type { builtTimes } from '../../../core/tables/built-times';
import type { DirtyHours } from '../../../core/tables/dirty-hours';
import type { Warehouse } from '../../../core/tables/warehouse';

interface Needs {
  readonly hours: Pick<DirtyHours, 'list'>;
  readonly built: Pick<ReturnType<typeof builtTimes>, 'find'>;
}

/** How far a service's tables are behind what has arrived in S3. */
export const tablesStatus =
  ({ hours, built }: Needs): Warehouse['status'] =>
  async (service) => {
    const [waiting, built_at] = await Promise.all([hours.list(service), built.find(service)]);
    const [first = null] = waiting.map(({ since }) => since).sort();
    return { waiting_since: first, built_at };
  };
