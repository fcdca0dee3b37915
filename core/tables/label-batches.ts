import type { RecordStore } from '../shared/record-store';
import { removePartition } from '../shared/remove-records';
import { unlessRaced } from '../shared/revisions';

const partitionOf = (service: string): string => `label-batches#${service}`;

/**
 * When batches of labels came, so that the same call is the same batch, however much later it comes
 * again. They are remembered until the service is purged.
 */
export const labelBatches = (store: RecordStore) => {
  const find = async (service: string, batchId: string): Promise<string | undefined> => {
    const record = await store.get({ partition: partitionOf(service), sort: batchId });
    return (record?.document as { received_at: string } | undefined)?.received_at;
  };

  return {
    /** When a batch came first: now, unless it is known. */
    async receive(service: string, batchId: string, received_at: string): Promise<string> {
      const known = await find(service, batchId);
      if (known !== undefined) return known;
      const key = { partition: partitionOf(service), sort: batchId };
      await unlessRaced(store.transact([{ ...key, seen: 0, put: { received_at } }]));
      // Of two that bring it at once one is first.
      return (await find(service, batchId)) ?? received_at;
    },

    removeOf: (service: string): Promise<void> => removePartition(store, partitionOf(service)),
  };
};
