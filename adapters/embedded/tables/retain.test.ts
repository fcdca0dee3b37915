import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { build } from './build';
import { openDuck } from './duckdb';
import { partPath, recover } from './part-files';
import { retain } from './retain';
import { openTableState } from './table-state';
import { asked, descriptionOf, lineOf, openFolders } from './tables-fixture';

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0).reverse()) close();
});

const open = async () => {
  const folders = openFolders();
  const duck = await openDuck({ memory: '200MB', threads: 1, spill: null });
  const state = openTableState(join(folders.root, 'tables.db'));
  closing.push(() => {
    duck.close();
    state.close();
    rmSync(folders.root, { recursive: true });
  });
  await recover(folders.folder, state);
  const describe = async () =>
    descriptionOf([{ model: 'wine', version: 1, inputs: { a: 'double' } }]);
  const row = asked(['a'], [[1]], [2]);
  folders.append(
    ['2026-11-10', '2026-11-15', '2026-11-20'].flatMap((day, i) => [
      lineOf(`${day}T00:00:00.000Z`, i, row),
      lineOf(`${day}T23:59:59.999Z`, 10 + i, { ...row, service: 'other' }),
    ]),
  );
  await build({ ...folders, duck, state, describe });
  const now = () => new Date('2026-11-20T12:00:00.000Z');
  const days = (table: string) =>
    state
      .allParts()
      .filter((part) => part.table === table)
      .map((part) => [part.date, part.rows, existsSync(partPath(folders.folder, part))]);
  /** Lines of the days come once more, in a log begun anew. */
  const again = () => {
    folders.append(
      ['2026-11-10', '2026-11-20'].map((day, i) => lineOf(`${day}T00:00:00.000Z`, 2 * i, row)),
      { next: true },
    );
    return build({ ...folders, duck, state, describe });
  };
  return { needs: { ...folders, duck, state, now }, days, again };
};
const all = { requests_days: null, rows_days: null, labels_days: null };

describe('retention', () => {
  it('keeps everything unless told otherwise', async () => {
    const { needs, days } = await open();
    expect(await retain(needs, 'wine', all)).toBe(0);
    expect(days('wine')).toHaveLength(3);
  });

  it('takes out the days of one service’s rows that are over, as whole files', async () => {
    const { needs, days } = await open();
    expect(await retain(needs, 'wine', { ...all, rows_days: 5 })).toBe(1);
    expect(days('wine')).toEqual([
      ['2026-11-15', 1, true],
      ['2026-11-20', 1, true],
    ]);
    expect(days('other')).toHaveLength(3);
    expect(existsSync(join(needs.folder, 'wine/request_date=2026-11-10/part-00001.parquet'))).toBe(
      false,
    );
  });

  it('takes one service’s requests out of files that others share', async () => {
    const { needs, days } = await open();
    expect(await retain(needs, 'wine', { ...all, requests_days: 1 })).toBe(2);
    expect(days('requests')).toEqual([
      ['2026-11-10', 1, true],
      ['2026-11-15', 1, true],
      ['2026-11-20', 2, true],
    ]);
    expect(await retain(needs, 'other', { ...all, requests_days: 1 })).toBe(2);
    expect(days('requests')).toEqual([['2026-11-20', 2, true]]);
    expect(await retain(needs, 'other', { ...all, requests_days: 1 })).toBe(0);
    expect(days('wine')).toHaveLength(3);
  });

  it('of requests alone leaves rows that are not made twice when their lines come again', async () => {
    const { needs, days, again } = await open();
    await retain(needs, 'wine', { ...all, requests_days: 1 });
    expect(await again()).toMatchObject({ requests: 0, repeated: 2, rows: 0 });
    expect(days('wine')).toHaveLength(3);
  });
});
