import { descriptionOf, type Taught } from '../../../embedded/tables/tables-fixture';
import type { TabledService } from '../build-arrival';

/** The descriptions of services that had these model versions, one after the other. */
export const describedOf = async (
  services: Readonly<Record<string, readonly Taught[]>>,
): Promise<ReadonlyMap<string, TabledService>> => {
  const described = Object.entries(services).map(async ([service, taught]) => {
    const { table, version: columnsOf } = descriptionOf(taught);
    const versions = taught.map(async ({ model, version }) => {
      const columns = await columnsOf(model, version);
      return columns ? [{ ...columns, model, version }] : [];
    });
    return [service, { table, versions: (await Promise.all(versions)).flat() }] as const;
  });
  return new Map(await Promise.all(described));
};
