import type { OpenCredential, Opened } from '../../core/access/open-credential';
import { openedBefore } from './opened-before';

const operator = { id: 'o', name: 'ann', role: 'editor', data: false } as const;
const OPENED: Opened = { kind: 'token', operator, until: Number.POSITIVE_INFINITY };
const down: OpenCredential = () => Promise.reject(new Error('throttled'));
const MINUTE_MS = 60_000;

describe('credentials while records cannot be read', () => {
  const opening = (capacity?: number) => {
    const known = new Set(['a', 'b']);
    const up: OpenCredential = async (digest) => (known.has(digest) ? OPENED : undefined);
    const table = { known, clock: 0, read: up };
    const open = openedBefore({
      open: (digest) => table.read(digest),
      clock: () => table.clock,
      ...(capacity !== undefined && { capacity }),
    });
    return { table, open };
  };

  it('open what they opened, for 5 minutes', async () => {
    const { table, open } = opening();
    await open('a');
    table.read = down;
    table.clock = 5 * MINUTE_MS;
    await expect(open('a')).resolves.toBe(OPENED);
    table.clock += 1;
    await expect(open('a')).rejects.toThrow('throttled');
  });

  it('open nothing when they were not seen to, or were seen revoked', async () => {
    const { table, open } = opening();
    await open('a');
    await open('c');
    table.known.delete('a');
    await expect(open('a')).resolves.toBeUndefined();
    table.read = down;
    for (const digest of ['a', 'b', 'c']) await expect(open(digest)).rejects.toThrow('throttled');
  });

  it('are forgotten, the oldest first, when there are too many', async () => {
    const { table, open } = opening(1);
    await open('a');
    await open('b');
    table.read = down;
    await expect(open('a')).rejects.toThrow('throttled');
    await expect(open('b')).resolves.toBe(OPENED);
  });
});
