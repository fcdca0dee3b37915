import { setTimeout as sleep } from 'node:timers/promises';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { oneHolder } from './one-holder';

const open = () => {
  let clock = 0;
  const now = () => new Date(clock);
  const store = sqliteRecordStore(':memory:', { now });
  const function_ = () => oneHolder({ store, now, pause: () => sleep(1) });
  return {
    function_,
    advance: (ms: number) => {
      clock += ms;
    },
  };
};

describe('work of one holder at a time', () => {
  it('is done by one function after the other', async () => {
    const { function_ } = open();
    let busy = 0;
    let most = 0;
    const work = async () => {
      busy += 1;
      most = Math.max(most, busy);
      await sleep(2);
      busy -= 1;
      return busy;
    };
    const done = await Promise.all([1, 2, 3, 4].map(() => function_()('it', work)));
    expect([done, most]).toEqual([[0, 0, 0, 0], 1]);
  });

  it('is given up while another is at it, and possible again when that one died', async () => {
    const { function_, advance } = open();
    void function_()('it', () => new Promise(() => undefined));
    await sleep(1);
    const other = () => function_()('it', async () => 'done');
    await expect(other()).resolves.toBeUndefined();
    await expect(function_()('another', async () => 'done')).resolves.toBe('done');
    advance(60_000);
    await expect(other()).resolves.toBe('done');
  });

  it('may take longer than it is held', async () => {
    const { function_, advance } = open();
    const slow = async () => {
      advance(60_000);
      return 'late';
    };
    await expect(function_()('it', slow)).resolves.toBe('late');
  });

  it('leaves the hold to whoever took it when it took too long', async () => {
    const { function_, advance } = open();
    const ends = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
    const first = function_()('it', () => ends[0].promise);
    await sleep(1);
    advance(60_000);
    const taken = Promise.withResolvers<void>();
    const second = function_()('it', () => {
      taken.resolve();
      return ends[1].promise;
    });
    await taken.promise;
    ends[0].resolve();
    await first;
    const third = await function_()('it', async () => 'beside the second');
    expect(third).toBeUndefined();
    ends[1].resolve();
    await second;
  });

  it('lets others at it when it fails', async () => {
    const { function_ } = open();
    const failing = function_()('it', () => Promise.reject(new Error('no')));
    await expect(failing).rejects.toThrow('no');
    await expect(function_()('it', async () => 'done')).resolves.toBe('done');
  });
});
