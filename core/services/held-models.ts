import { modelVersionKey } from '../models/model-records';
import type { Change, RecordStore } from '../shared/record-store';
import { modelGone } from './new-versions';
import type { ServiceVersion } from './service';

type User = Pick<ServiceVersion, 'model'>;

const keysOf = (users: readonly User[]) =>
  new Map(users.map(({ model }) => [`${model.name}/${model.version}`, model]));

/**
 * The changes that keep the models which a service newly uses from being deleted at this moment. They
 * write each one as it was: a mere check would pass beside a deletion that looked for users before.
 * @throws `not-found` one that is gone already
 */
export const heldModels = async (
  store: RecordStore,
  before: readonly User[],
  after: readonly User[],
): Promise<readonly Change[]> => {
  const known = keysOf(before);
  const added = [...keysOf(after)].filter(([tag]) => !known.has(tag));
  return Promise.all(
    added.map(async ([, { name: model, version }]): Promise<Change> => {
      const key = modelVersionKey({ model, version });
      const record = await store.get(key);
      if (!record) throw modelGone({ name: model, version });
      return { ...key, seen: record.revision, put: record.document };
    }),
  );
};
