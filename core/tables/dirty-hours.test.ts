import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import type { Change, RecordStore } from '../shared/record-store';
import { type DirtyHour, dirtyHours } from './dirty-hours';

const NOON = new Date('2026-11-21T12:00:00.000Z');
const MINUTE_MS = 60_000;
const after = (minutes: number): Date => new Date(NOON.getTime() + minutes * MINUTE_MS);
const textAfter = (minutes: number): string => after(minutes).toISOString();
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
    await hours.clear(await hours.list(), textAfter(1));
    expect(await hours.list()).toEqual([]);
    await hours.clear([{ ...hour, revision: 1 }], textAfter(1));
    expect(await hours.list()).toEqual([]);
  });

  it('stay dirty when more has arrived since the build looked, from when it looked on', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await hours.mark(hour, after(16));
    await hours.clear(found, textAfter(15));
    await hours.clear(found, textAfter(15));
    expect(await hours.list()).toEqual([{ ...hour, revision: 3, since: textAfter(15) }]);
    // A build that began before, and ends late.
    await hours.clear(found, textAfter(5));
    expect(await hours.list()).toMatchObject([{ since: textAfter(15) }]);
  });

  it('wait no longer than from one build to the next while something arrives each minute', async () => {
    const hours = open();
    const waited: number[] = [];
    let planned: Awaited<ReturnType<typeof hours.list>> = [];
    for (let minute = 1; minute <= 180; minute += 1) {
      await hours.mark({ ...hour, hour: textAfter(minute - 1).slice(11, 13) }, after(minute));
      if (minute % 15 === 0) {
        planned = await hours.list();
        const oldest = Math.min(...planned.map(({ since }) => Date.parse(since)));
        waited.push((after(minute).getTime() - oldest) / MINUTE_MS);
      }
      // Minutes later it is through with what it found.
      if (minute % 15 === 2 && minute > 15) await hours.clear(planned, textAfter(minute - 2));
    }
    expect(Math.max(...waited)).toBe(15);
  });

  it('are told from when the build looked on though more arrives while it says so', async () => {
    const store = sqliteRecordStore(':memory:', { now: () => NOON });
    const hours = dirtyHours(store);
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await hours.mark(hour, after(16));
    let races = 3;
    const raced = racedBy(store, async () => {
      races -= 1;
      if (races >= 0) await hours.mark(hour, after(17));
    });
    await dirtyHours(raced).clear(found, textAfter(15));
    expect(await hours.list()).toMatchObject([{ since: textAfter(15) }]);
  });

  it('stay dirty, and the build is over, where more arrives all the time', async () => {
    const store = sqliteRecordStore(':memory:', { now: () => NOON });
    const hours = dirtyHours(store);
    await hours.mark(hour, NOON);
    const found = await hours.list();
    const raced = racedBy(store, () => hours.mark(hour, after(17)));
    await dirtyHours(raced).clear(found, textAfter(15));
    expect(await hours.list()).toMatchObject([{ since: NOON.toISOString() }]);
  });

  it('are dirty anew after they were built, though the build clears them late', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await hours.clear(found, textAfter(1));
    await hours.mark(hour, after(2));
    await hours.clear(found, textAfter(1));
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

  it('are marked by one of hundreds that come at once, and all others know that', async () => {
    const hours = open();
    await hours.mark(hour, NOON);
    const found = await hours.list();
    await Promise.all(Array.from({ length: 200 }, () => hours.mark(hour, after(1))));
    await hours.clear(found, textAfter(2));
    expect(await hours.list()).toHaveLength(1);
  });

  it('are marked though a build clears them at the same moment', async () => {
    const store = sqliteRecordStore(':memory:', { now: () => NOON });
    const hours = dirtyHours(store);
    await hours.mark(hour, NOON);
    const found = await hours.list();
    const raced = racedBy(store, () => hours.clear(found, textAfter(1)));
    await dirtyHours(raced).mark(hour, after(2));
    expect(await hours.list()).toMatchObject([{ since: textAfter(2) }]);
  });
});

/** Somebody else writes right before each write. */
const racedBy = (store: RecordStore, other: () => Promise<void>): RecordStore => ({
  ...store,
  async transact(changes: readonly Change[]): Promise<void> {
    await other();
    await store.transact(changes);
  },
});
