import { existsSync, mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Decision, Part, TableState } from './table-state';

/** Where a part lies. */
export const partPath = (
  folder: string,
  { table, date, number }: Pick<Part, 'table' | 'date' | 'number'>,
): string => {
  const day = `${partitionOf(table)}=${date}`;
  return join(folder, table, day, `part-${String(number).padStart(5, '0')}.parquet`);
};

/** The column that stands in the path: labels lie by the day they came. */
export const partitionOf = (table: string): string =>
  table === 'labels' ? 'received_date' : 'request_date';

/** Drafts, out of the sight of those who read the tables. */
export const workFolder = (folder: string): string => `${folder}.work`;

/** Where a part's next file is drafted. */
export const draftPath = (
  folder: string,
  { table, date, number }: Pick<Part, 'table' | 'date' | 'number'>,
): string => join(workFolder(folder), `${table}-${date}-${number}.parquet`);

/** Labels that are not in their rows' parts yet. */
export const waitingFolder = (folder: string): string => `${folder}.waiting`;

/** Writes a decision down, puts its drafts in place of the parts, and forgets it. */
export const carryOut = async (state: TableState, decision: Decision): Promise<void> => {
  const drafts = decision.replacements.map(({ draft }) => draft);
  await Promise.all([...drafts, ...new Set(drafts.map(dirname))].map(sync));
  state.decide(decision);
  await finish(state, decision);
};

/** Finishes what a process that ended had decided, and throws away what it had not. */
export const recover = async (folder: string, state: TableState): Promise<void> => {
  mkdirSync(workFolder(folder), { recursive: true, mode: 0o700 });
  await finishDecided(state);
  for (const file of readdirSync(workFolder(folder))) {
    rmSync(join(workFolder(folder), file), { recursive: true });
  }
};

/** Removes drafts, unless it is decided that they go in place of parts. */
export const discardDrafts = (folder: string, state: TableState): void => {
  if (state.decision()) return;
  for (const entry of readdirSync(workFolder(folder), { withFileTypes: true })) {
    // What DuckDB has not in memory is a folder.
    if (entry.isFile()) rmSync(join(workFolder(folder), entry.name), { force: true });
  }
};

/**
 * Finishes what was decided and failed on the way: nothing may be built on files that are half in place,
 * nor be drafted over drafts that have yet to go there.
 */
export const finishDecided = async (state: TableState): Promise<void> => {
  const decision = state.decision();
  if (decision) await finish(state, decision);
};

const finish = async (state: TableState, decision: Decision): Promise<void> => {
  const folders = new Set<string>();
  for (const { draft, path, part } of decision.replacements) {
    // One that is not there was put in place before.
    if (!existsSync(draft)) continue;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    renameSync(draft, path);
    // Its day's and its table's may have been made just now, and stand in the one above.
    const above = dirname(dirname(path));
    folders.add(dirname(path)).add(above);
    if (part) folders.add(dirname(above));
  }
  for (const { path } of decision.removals ?? []) {
    rmSync(path, { force: true });
    if (existsSync(dirname(path))) folders.add(dirname(path));
  }
  await Promise.all([...folders].map(sync));
  state.carriedOut(decision);
};

const sync = async (path: string): Promise<void> => {
  const file = await open(path, 'r');
  await file.sync().finally(() => file.close());
};
