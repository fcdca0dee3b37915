import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { temporaryFolder } from '../support/platform';
import { alone } from './alone';

describe('one at a time', () => {
  it('runs work of the same file one after another, also when one throws', async () => {
    const file = join(temporaryFolder(), 'lock');
    let running = 0;
    const work = async () => {
      running += 1;
      expect(running).toBe(1);
      await sleep(20);
      running -= 1;
      throw new Error('over');
    };
    const all = await Promise.allSettled([1, 2, 3].map(() => alone(file, 10_000, work)));
    expect(all.map((one) => one.status === 'rejected' && one.reason.message)).toEqual([
      ...['over', 'over', 'over'],
    ]);
  });

  it('gives up when another one holds it for too long', async () => {
    const file = join(temporaryFolder(), 'lock');
    await alone(file, 0, async () => {
      await expect(alone(file, 300, () => 1)).rejects.toThrow('held');
    });
  });
});
