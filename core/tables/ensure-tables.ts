import { modelRecords } from '../models/model-records';
import type { Service, ServiceVersion } from '../services/service';
import type { RecordStore } from '../shared/record-store';
import { tableRecords } from './table-records';

interface Tabled {
  readonly service: Pick<Service, 'name' | 'capture'>;
  readonly versions: readonly Pick<ServiceVersion, 'model'>[];
}

/**
 * Gives a service its tables' columns before it has the versions, so that no prediction is older than
 * its columns. A write of the service that fails afterwards leaves columns that nobody fills.
 */
export const ensureTables = async (
  store: RecordStore,
  { service: { name, capture }, versions }: Tabled,
): Promise<void> => {
  const tables = tableRecords(store);
  const models = modelRecords(store);
  const hashed = new Set(
    Object.keys(capture.columns).filter((column) => capture.columns[column] === 'hash'),
  );
  await tables.ensureTable(name);
  // One after the other: columns stand in the order of the versions.
  for (const { model } of versions) {
    const found = await models.findVersion(model.name, model.version);
    // One that is gone is for the write to refuse.
    if (found) await tables.ensure(name, found, hashed);
  }
};
