import { runMemory } from './run-memory';

const COUNTS = { requests: 0, rows: 1, errors: 0, labels: 0 };
const refresh = { kind: 'refresh', service: 'wine', from: '2026-01-01', to: '2026-01-02' } as const;
const HOUR = 3_600_000;

const open = () => {
  let ids = 0;
  let clock = 0;
  const runs = runMemory({ newId: () => `run-${++ids}`, clock: () => clock });
  return {
    ...runs,
    pass: (ms: number) => {
      clock += ms;
    },
  };
};

describe('runs of one process', () => {
  it('go on when nobody waits, and say what they came to', async () => {
    const { start, state } = open();
    const work = Promise.withResolvers<typeof COUNTS>();
    const id = start(refresh, () => work.promise);
    const of = { kind: 'refresh', service: 'wine' };
    expect(await state(id, 1)).toEqual({ ...of, status: 'running' });
    const ended = state(id, 60_000);
    work.resolve(COUNTS);
    expect(await ended).toEqual({ ...of, status: 'succeeded', counts: COUNTS });
    expect(await state('another', 60_000)).toBeUndefined();
  });

  it('fail with what they failed with', async () => {
    const { start, state } = open();
    const error = new Error('the disk is full');
    const id = start(refresh, () => Promise.reject(error));
    expect(await state(id, 60_000)).toMatchObject({ status: 'failed', error });
  });

  it('are forgotten a day after their end, and never while they run', async () => {
    const { start, state, pass } = open();
    const going = start(refresh, () => new Promise(() => {}));
    const gone = start(refresh, async () => COUNTS);
    await state(gone, 60_000);
    pass(25 * HOUR);
    start(refresh, async () => COUNTS);
    expect(await state(gone, 1)).toBeUndefined();
    expect(await state(going, 1)).toMatchObject({ status: 'running' });
  });

  it('are twenty at once at most', () => {
    const { start } = open();
    const begin = () => start(refresh, () => new Promise(() => {}));
    for (let n = 0; n < 20; n += 1) begin();
    expect(begin).toThrow(expect.objectContaining({ kind: 'overloaded' }));
  });
});
