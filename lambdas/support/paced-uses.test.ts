import { keyUses } from '../../core/access/key-uses';
import { pacedUses } from './paced-uses';

const open = () => {
  const written: (readonly [string, number])[] = [];
  const table: { isDown: boolean } = { isDown: false };
  const uses = pacedUses(
    keyUses({
      keys: {
        used: async (_, id, at) => {
          if (table.isDown) throw new Error('no answer');
          written.push([id, at.getTime() / 1000]);
        },
      },
    }),
  );
  /** A request: what it used is flushed when its answer is out. */
  const ask = async (id: string, second: number) => {
    uses.touch('wine', id, second * 1000);
    await uses.flush();
  };
  return { ask, written, table };
};

describe('uses of keys in a function', () => {
  it('are written with the first request of each key, in a burst no more', async () => {
    const { ask, written } = open();
    for (const second of [0, 1, 2, 3]) await ask('a', second);
    await ask('b', 4);
    expect(written).toEqual([
      ['a', 0],
      ['b', 4],
    ]);
  });

  it('are written once a minute for each key that goes on, however many requests there are', async () => {
    const { ask, written } = open();
    for (let second = 0; second < 180; second += 1) {
      await ask('a', second);
      if (second % 2 === 1) await ask('b', second);
    }
    expect(written.filter(([id]) => id === 'a')).toEqual([0, 60, 120].map((at) => ['a', at]));
    expect(written.filter(([id]) => id === 'b')).toEqual([1, 61, 121].map((at) => ['b', at]));
  });

  it('are written with the request of each hour where a key comes once an hour', async () => {
    const { ask, written } = open();
    for (const hour of [0, 1, 2]) await ask('a', hour * 3600);
    expect(written).toHaveLength(3);
  });

  it('that could not be written are written a minute later, whoever asks then', async () => {
    const { ask, written, table } = open();
    table.isDown = true;
    await expect(ask('a', 1)).rejects.toThrow('no answer');
    // A table in trouble is left alone.
    await ask('b', 5);
    table.isDown = false;
    await ask('b', 6);
    expect(written).toEqual([]);
    await ask('b', 62);
    expect(new Map(written)).toEqual(
      new Map([
        ['a', 1],
        ['b', 5],
      ]),
    );
  });
});
