import { join } from 'node:path';
import { tableNameOf } from '../../../core/tables/table-name';
import type { Duck } from './duckdb';
import { waitingFolder, workFolder } from './part-files';
import { literal } from './quoting';
import type { Replacement } from './table-state';
import { PART_FORMAT } from './write-parts';

/** Files of one service's labels that are not in its parts yet. */
export const waitingPaths = (folder: string, service: string) => ({
  examples: join(waitingFolder(folder), `${tableNameOf(service)}.parquet`),
  clients: join(waitingFolder(folder), `${tableNameOf(service)}.clients.parquet`),
});

/** A finished draft of such a file, and its rows. */
export const draftOf = async (
  { duck, folder }: { readonly duck: Duck; readonly folder: string },
  path: string,
  select: string,
): Promise<{ readonly replacement: Replacement; readonly rows: number }> => {
  const draft = join(workFolder(folder), `waiting-${path.slice(path.lastIndexOf('/') + 1)}`);
  await duck.run(`COPY (${select}) TO ${literal(draft)} ${PART_FORMAT}`);
  const [found] = await duck.rows(
    `SELECT count(*)::INTEGER AS rows FROM read_parquet(${literal(draft)})`,
  );
  return { replacement: { draft, path, part: null }, rows: Number(found?.rows) };
};
