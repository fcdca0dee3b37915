import { statSync } from 'node:fs';
import { withoutFormer } from './part-bytes';
import { carryOut, draftPath, finishDecided, partPath } from './part-files';
import type { Replacement, TableState } from './table-state';

interface Needs {
  readonly state: TableState;
  readonly folder: string;
  readonly now: () => Date;
}

/** Whoever has the footer of a version before has read its data by then. */
const READ_WITHIN_MS = 60_000;
/** Others have their turn in between. */
const MOST_PARTS = 20;

/**
 * Takes data of versions before, that nobody reads any more, out of some parts' files. That takes up to
 * three goes, a minute apart, since each must leave the current data where it is.
 */
export const tidyParts = async ({ state, folder, now }: Needs): Promise<void> => {
  await finishDecided(state);
  const replacements: Replacement[] = [];
  for (const part of state.partsWithFormer()) {
    if (replacements.length === MOST_PARTS) break;
    const path = partPath(folder, part);
    const written = statSync(path, { throwIfNoEntry: false })?.mtimeMs;
    // One that somebody took away must not keep the others.
    if (written === undefined || written > now().getTime() - READ_WITHIN_MS) continue;
    const draft = draftPath(folder, part);
    replacements.push({ draft, path, part, ...(await withoutFormer(path, draft)) });
  }
  if (replacements.length > 0) await carryOut(state, { replacements });
};
