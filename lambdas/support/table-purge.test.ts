import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { tableRecords } from '../../core/tables/table-records';
import { tablePurge } from './table-purge';

const HOUR = 3_600_000;

const open = async () => {
  let clock = Date.parse('2026-11-21T12:00:00Z');
  const now = () => new Date(clock);
  const store = sqliteRecordStore(':memory:', { now });
  const tables = tableRecords(store);
  await tables.ensureTable('wine');
  const begun: string[] = [];
  const ended = new Set<string>();
  const begin = async (service: string) => `run-${begun.push(service)}`;
  const isRunning = async (run: string) => !ended.has(run);
  const purgeWith = tablePurge({ store, tables, begin, isRunning, now });
  return {
    ...{ store, tables, begun, isRunning, now },
    /** Somebody asks for it. */
    purge: (service: string) => purgeWith(service, true),
    /** Each minute, where one was asked for. */
    look: (service: string) => purgeWith(service, false),
    end: (run: string) => void ended.add(run),
    pass: (ms: number) => {
      clock += ms;
    },
  };
};

describe('taking a service out of the tables', () => {
  it('is begun once, and over when the description of its tables is gone', async () => {
    const { purge, begun, tables } = await open();
    expect(await purge('wine')).toBe(false);
    expect(await purge('wine')).toBe(false);
    expect(begun).toEqual(['wine']);
    await tables.remove('wine');
    expect(await purge('wine')).toBe(true);
    expect(await purge('wine')).toBe(true);
  });

  it('is begun for the next service of this name, however soon', async () => {
    const { purge, begun, tables } = await open();
    await purge('wine');
    await tables.remove('wine');
    await purge('wine');
    await tables.ensureTable('wine');
    expect(await purge('wine')).toBe(false);
    expect(begun).toEqual(['wine', 'wine']);
  });

  it('is begun anew when it did not come to an end', async () => {
    const { purge, look, begun, pass } = await open();
    await purge('wine');
    pass(3 * HOUR + 1_000);
    expect(await look('wine')).toBe(false);
    expect(begun).toEqual(['wine', 'wine']);
  });

  it('is begun anew at once when its run has failed and somebody asks, and not each minute', async () => {
    const { purge, look, begun, end, tables } = await open();
    await purge('wine');
    end('run-1');
    expect(await look('wine')).toBe(false);
    expect(begun).toEqual(['wine']);
    expect(await purge('wine')).toBe(false);
    expect(begun).toEqual(['wine', 'wine']);
    // That run is the one that counts now.
    await purge('wine');
    expect(begun).toEqual(['wine', 'wine']);
    end('run-2');
    await purge('wine');
    expect(begun).toEqual(['wine', 'wine', 'wine']);
    await tables.remove('wine');
    expect(await look('wine')).toBe(true);
  });

  it('is asked for again where it could not be begun', async () => {
    const { store, tables, purge, begun, isRunning, now } = await open();
    const begin = () => Promise.reject(new Error('no such machine'));
    const failing = tablePurge({ store, tables, begin, isRunning, now });
    await expect(failing('wine', true)).rejects.toThrow('no such');
    expect(await purge('wine')).toBe(false);
    expect(begun).toEqual(['wine']);
  });
});
