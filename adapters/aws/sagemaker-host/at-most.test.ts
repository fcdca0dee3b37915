import { setImmediate as turn } from 'node:timers/promises';
import { atMost } from './at-most';

describe('a limit to work at a time', () => {
  it('runs so many at once, the rest in order, also after failures', async () => {
    const limited = atMost(2);
    const order: number[] = [];
    let running = 0;
    let most = 0;
    const work = (n: number) => () => {
      order.push(n);
      most = Math.max(most, ++running);
      return turn().then(() => {
        running -= 1;
        if (n === 1) throw new Error('one');
        return n;
      });
    };
    const all = await Promise.allSettled([0, 1, 2, 3, 4].map((n) => limited(work(n))));
    expect(all.map(({ status }) => status === 'fulfilled')).toEqual([
      true,
      false,
      true,
      true,
      true,
    ]);
    expect([order, most]).toEqual([[0, 1, 2, 3, 4], 2]);
    await expect(limited(work(5))).resolves.toBe(5);
  });
});
