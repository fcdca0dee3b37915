import type { RecordStore } from '../shared/record-store';
import { removalOf } from '../shared/remove-records';
import { retryRaces } from '../shared/revisions';

const keyOf = (service: string) => ({ partition: 'tables-built', sort: service });

/** When something was brought into services' tables last, where builds keep nothing by themselves. */
export const builtTimes = (store: RecordStore) => ({
  /** RFC 3339; null: never. */
  async find(service: string): Promise<string | null> {
    const found = (await store.get(keyOf(service)))?.document as { at: string } | undefined;
    return found?.at ?? null;
  },

  async note(service: string, at: Date): Promise<void> {
    await retryRaces(async (write) => {
      const seen = (await store.get(keyOf(service)))?.revision ?? 0;
      await write(store.transact([{ ...keyOf(service), seen, put: { at: at.toISOString() } }]));
    });
  },

  async remove(service: string): Promise<void> {
    const changes = await removalOf(store, [keyOf(service)]);
    if (changes.length > 0) await store.transact(changes);
  },
});
