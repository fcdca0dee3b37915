import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { type DirtyHour, dirtyHours } from './dirty-hours';

const NOON = new Date('2026-11-21T12:00:00.000Z');
const hour: DirtyHour = {
  ...{ service: 'wine', kind: 'requests', date: '2026-11-21', hour: '09' },
};

describe('hours in which something has arrived', () => {
  const open = () => dirtyHours(sqliteRecordStore(':memory:', { now: () => NOON }));

  it('are dirty once, since the first of what arrived', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    await hours.mark(hour, new Date(NOON.getTime() + 60_000));
    expect(await hours.list()).toEqual([{ ...hour, revision: 2, since: NOON.toISOString() }]);
  });

  it('are dirty no longer when they have been built', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    await hours.clear(await hours.list());
    expect(await hours.list()).toEqual([]);
    await hours.clear([{ ...hour, revision: 1 }]);
  });

  it('stay dirty when more has arrived since the build looked', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await hours.mark(hour, NOON);
    await hours.clear(found);
    expect(await hours.list()).toHaveLength(1);
  });

  it('are dirty anew after they were built, though the build clears them late', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await hours.clear(found);
    await hours.mark(hour, NOON);
    await hours.clear(found);
    expect(await hours.list()).toHaveLength(1);
  });

  it('are told by service, and all of them however many there are', async () => {
    const hours = open();
    const names = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));
    for (const service of ['red', 'red-wine', 'wine', 'x2', 'y3']) {
      for (const name of names) await hours.mark({ ...hour, service, hour: name }, NOON);
    }
    expect(await hours.list()).toHaveLength(120);
    expect((await hours.list('red')).map((one) => one.hour)).toEqual(names);
  });

  it('lose no mark of several that come at once', async () => {
    const hours = open();
    await Promise.all(Array.from({ length: 8 }, () => hours.mark(hour, NOON)));
    expect((await hours.list())[0]?.revision).toBe(8);
  });
});
