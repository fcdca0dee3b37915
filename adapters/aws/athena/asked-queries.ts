import type { RecordStore } from '../../../core/shared/record-store';

/** What is remembered of a statement that was asked here. */
interface Asked {
  readonly maxRows: number;
}

const REMEMBERED_MS = 24 * 3_600_000;

const keyOf = (id: string) => ({ partition: 'queries', sort: id });

/** Which statements were asked here, for a day: others of the account are nobody's business. */
export const askedQueries = (store: RecordStore, now: () => Date) => ({
  async remember(id: string, asked: Asked): Promise<void> {
    const expiresAt = new Date(now().getTime() + REMEMBERED_MS);
    await store.transact([{ ...keyOf(id), seen: 0, put: asked, expiresAt }]);
  },

  async find(id: string): Promise<Asked | undefined> {
    return (await store.get(keyOf(id)))?.document as Asked | undefined;
  },
});
