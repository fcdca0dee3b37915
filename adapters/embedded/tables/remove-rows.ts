import type { Duck } from './duckdb';
import { draftPath, partPath } from './part-files';
import { literal } from './quoting';
import type { Part, Removal, Replacement } from './table-state';
import { PART_FORMAT } from './write-parts';

interface Needs {
  readonly duck: Duck;
  readonly folder: string;
}

/** What takes rows out of parts. */
export interface Removed {
  readonly replacements: readonly Replacement[];
  readonly removals: readonly Removal[];
  readonly rows: number;
}

/** Drafts of parts without the rows that a condition holds for; parts that have none stay as they are. */
export const removeRows = async (
  { duck, folder }: Needs,
  parts: readonly Part[],
  condition: string,
): Promise<Removed> => {
  const replacements: Replacement[] = [];
  const removals: Removal[] = [];
  let rows = 0;
  for (const part of parts) {
    const path = partPath(folder, part);
    const from = `read_parquet(${literal(path)}, hive_partitioning = false)`;
    const [found] = await duck.rows(
      `SELECT count(*)::INTEGER AS rows FROM ${from} WHERE (${condition})`,
    );
    const gone = Number(found?.rows);
    rows += gone;
    if (gone === 0) continue;
    if (gone === part.rows) {
      removals.push({ path, part });
      continue;
    }
    const draft = draftPath(folder, part);
    await duck.run(
      `COPY (SELECT * FROM ${from} WHERE (${condition}) IS NOT TRUE) TO ${literal(draft)} ${PART_FORMAT}`,
    );
    const rest = part.rows - gone;
    const next = { ...part, rows: rest, bytes: Math.ceil((part.bytes * rest) / part.rows) };
    replacements.push({ draft, path, part: next });
  }
  return { replacements, removals, rows };
};
