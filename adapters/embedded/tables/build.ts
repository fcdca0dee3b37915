import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import type { Duck } from './duckdb';
import { type Counts, labelsForFresh } from './label-build';
import { filesOf, type LogWindow, nextWindow } from './log-window';
import { carryOut, discardDrafts, finishDecided, workFolder } from './part-files';
import { name } from './quoting';
import { type FreshReport, readFresh } from './read-fresh';
import { settled } from './settled';
import { isOutOfMemory } from './statement-check';
import type { Replacement, TableState } from './table-state';
import { countRows, type Description, unpackService } from './unpack-service';
import { rowsOf, writeParts } from './write-parts';

interface Needs {
  readonly duck: Duck;
  readonly state: TableState;
  /** Where the tables are. */
  readonly folder: string;
  /** Where the capture log is. */
  readonly log: string;
  readonly describe: (service: string) => Promise<Description | undefined>;
  /** What a part holds at most; 100,000 by default. */
  readonly mostRows?: number;
}

/** What one build did. */
export interface BuildReport extends FreshReport {
  readonly rows: number;
  readonly errors: number;
  /** By service, what `errors` counts. */
  readonly failed: Counts;
  /** By service, labels that have now found several requests of their client's id. */
  readonly ambiguous: Counts;
  /** There was more to build than one build takes on. */
  readonly more: boolean;
}

/** Bytes of the log that one build takes on: what it unpacks has to fit into memory. */
const WINDOW_BYTES = 64 * 1024 * 1024;
/** A window is not made smaller than this for want of memory. */
const LEAST_BYTES = 64 * 1024;
/** Brings what is new in the log into the tables; null when nothing is. Not to be called twice at once. */
export const build = async (needs: Needs): Promise<BuildReport | null> => {
  await finishDecided(needs.state);
  for (let most = WINDOW_BYTES; ; most /= 8) {
    const window = nextWindow(needs.log, needs.state.position(), most);
    if (!window) return null;
    try {
      return await buildWindow(needs, window);
    } catch (error) {
      // Tables of many columns are larger unpacked than their text is: fewer at a time.
      if (!isOutOfMemory(error) || most <= LEAST_BYTES) throw error;
      await dropRelations(needs.duck);
      discardDrafts(needs.folder, needs.state);
    }
  }
};

const buildWindow = async (needs: Needs, window: LogWindow): Promise<BuildReport> => {
  const draft = join(workFolder(needs.folder), 'window.ndjson');
  const files = await filesOf(window, draft);
  const report = await buildFrom(needs, window, files);
  for (const file of files) if (file.startsWith(draft)) rmSync(file);
  return report;
};

const buildFrom = async (
  needs: Needs,
  { end, more }: LogWindow,
  files: readonly string[],
): Promise<BuildReport> => {
  const { duck, state } = needs;
  const read = await readFresh(needs, files);
  const fresh = { table: 'requests', columns: REQUESTS, key: 'request_id', relation: 'fresh' };
  // Side by side, where there are two cores.
  const [requests, { replacements, ...counts }] = await settled([
    rowsOf(duck, fresh).then((rows) => writeParts(needs, rows)),
    writeServices(needs),
  ]);
  const labels = await labelsForFresh(needs);
  await carryOut(state, {
    replacements: [...requests, ...replacements, ...labels.replacements],
    position: end,
    waiting: labels.waiting,
  });
  await dropRelations(duck);
  return { ...read, ...counts, ambiguous: labels.ambiguous, more };
};

/** Drafts of the parts of all services' tables, and what they come to. */
const writeServices = async (needs: Needs) => {
  const { duck, describe } = needs;
  const replacements: Replacement[] = [];
  const counts = { rows: 0, errors: 0, failed: {} as Record<string, number> };
  const services = await duck.rows(
    'SELECT DISTINCT service FROM fresh WHERE status_code = 200 ORDER BY service',
  );
  for (const row of services) {
    const service = String(row.service);
    const { rows, errors } = await unpackService(duck, service, await describe(service));
    replacements.push(...(await writeParts(needs, rows)), ...(await writeParts(needs, errors)));
    counts.rows += countRows(rows.days);
    counts.errors += countRows(errors.days);
    counts.failed[service] = countRows(errors.days);
  }
  return { replacements, ...counts };
};

/** What builds compute with does not outlast them. */
const dropRelations = async (duck: Duck): Promise<void> => {
  const tables = await duck.rows('SELECT table_name AS name FROM duckdb_tables()');
  for (const table of tables) await duck.run(`DROP TABLE ${name(String(table.name))}`);
};
