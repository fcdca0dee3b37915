import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openTableState } from './table-state';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-state-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('batches of labels', () => {
  it('that were taken in before their services were remembered stay, whatever is purged', () => {
    const file = join(folder, 'tables.db');
    const before = new DatabaseSync(file);
    before.exec(`CREATE TABLE batch (id TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
      INSERT INTO batch VALUES ('old'); PRAGMA user_version = 1`);
    before.close();
    for (const batch of ['first', 'second']) {
      const state = openTableState(file);
      const taken = { replacements: [], batches: [batch], batchesOf: { [batch]: 'wine' } };
      state.decide(taken);
      state.carriedOut(taken);
      expect(['old', batch].map(state.hasBatch)).toEqual([true, true]);
      state.close();
    }
    const state = openTableState(file);
    state.carriedOut({ replacements: [], purged: 'wine' });
    expect(['old', 'first', 'second'].map(state.hasBatch)).toEqual([true, false, false]);
    state.close();
  });
});
