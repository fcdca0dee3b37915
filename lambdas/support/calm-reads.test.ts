import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { calmReads } from './calm-reads';

describe('reads of records that fail', () => {
  it('ask once a second, and go on as soon as that succeeds', async () => {
    let clock = 0;
    let asked = 0;
    let failures = 1;
    const store = sqliteRecordStore(':memory:', { now: () => new Date() });
    const get: typeof store.get = async (key) => {
      asked += 1;
      failures -= 1;
      if (failures >= 0) throw new Error('throttled');
      return store.get(key);
    };
    const calm = calmReads({
      store: { ...store, get },
      clock: () => clock,
      failureOf: (error) => new Error(`as ${error}`),
    });
    const key = { partition: 'p', sort: 's' };
    await calm.transact([{ ...key, seen: 0, put: 1 }]);
    for (let i = 0; i < 5; i += 1)
      await expect(calm.get(key)).rejects.toThrow('as Error: throttled');
    await expect(calm.list({ partition: 'p', limit: 1 })).rejects.toThrow('as Error: throttled');
    expect(asked).toBe(1);
    clock = 1_000;
    for (let i = 0; i < 5; i += 1)
      await expect(calm.get(key)).resolves.toMatchObject({ document: 1 });
    expect(asked).toBe(6);
  });
});
