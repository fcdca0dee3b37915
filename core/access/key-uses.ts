import { unlessRaced } from '../shared/revisions';
import type { KeyRecords } from './key-records';

/**
 * When keys were last used: counted in memory and written by `flush`, so that no caller waits for it.
 * A process that is killed forgets the uses since the last flush.
 */
export const keyUses = ({ keys }: { readonly keys: Pick<KeyRecords, 'used'> }) => {
  let uses = new Map<string, { readonly service: string; at: number }>();

  return {
    /** `at`: milliseconds since the epoch. */
    touch(service: string, id: string, at: number): void {
      const use = uses.get(id);
      if (use) use.at = at;
      else uses.set(id, { service, at });
    },

    /** Rejects when the store does; what was not written is written next time. */
    async flush(): Promise<void> {
      const taken = uses;
      uses = new Map();
      try {
        for (const [id, { service, at }] of taken) {
          // Raced by another process that saw the key used, or by a change of the key itself.
          await unlessRaced(keys.used(service, id, new Date(at)));
          taken.delete(id);
        }
      } finally {
        for (const [id, use] of taken) if (!uses.has(id)) uses.set(id, use);
      }
    },
  };
};

/** Remembers when keys were used, until it is flushed. */
export type KeyUses = ReturnType<typeof keyUses>;
