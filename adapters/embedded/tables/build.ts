import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { REQUESTS } from '../../../core/tables/fixed-columns';
import type { Duck } from './duckdb';
import type { FreshGroup } from './fresh-groups';
import { type Counts, labelsForFresh } from './label-build';
import { filesOf, type LogPosition, type LogWindow, nextWindow } from './log-window';
import { carryOut, discardDrafts, finishDecided, workFolder } from './part-files';
import { name } from './quoting';
import { type Fresh, type FreshReport, type LinesRead, readFresh, readLines } from './read-fresh';
import { settled } from './settled';
import { isOutOfMemory } from './statement-check';
import type { Replacement, TableState } from './table-state';
import { type Description, unpackService } from './unpack-service';
import { draftParts, rowsIn, rowsOfDays, writeParts } from './write-parts';
import { sameInAll } from './write-same';

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
  /** Bytes of the log that are in memory at a time, twice: while some are written the next are read; 80 MiB by default. */
  readonly mostBytes?: number;
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

const WINDOW_BYTES = 80 * 1024 * 1024;
/** A window is not made smaller than this for want of memory. */
const LEAST_BYTES = 64 * 1024;
/** Windows that one build takes on, before others have their turn. */
const MOST_WINDOWS = 4;

/** Brings what is new in the log into the tables; null when nothing is. Not to be called twice at once. */
export const build = async (needs: Needs): Promise<BuildReport | null> => {
  await finishDecided(needs.state);
  const { duck, folder, state, mostBytes = WINDOW_BYTES } = needs;
  const built: BuildReport[] = [];
  for (let most = mostBytes; ; most /= 8) {
    try {
      await buildWindows(needs, most, most < mostBytes ? 1 : MOST_WINDOWS, built);
      return sumOf(built);
    } catch (error) {
      await dropRelations(duck);
      discardDrafts(folder, state);
      // What is in the tables is told; the rest fails in the next build again, if it has to.
      if (built.length > 0) return sumOf(built);
      // Tables of many columns are larger unpacked than their text is: fewer at a time.
      if (!isOutOfMemory(error) || most <= LEAST_BYTES) throw error;
    }
  }
};

const buildWindows = async (
  needs: Needs,
  mostBytes: number,
  mostWindows: number,
  built: BuildReport[],
): Promise<void> => {
  let reading = startReading(needs, needs.state.position(), mostBytes);
  try {
    while (reading) {
      const { window, lines }: Reading = reading;
      const fresh = await readFresh(needs, await lines);
      reading = null;
      const isLast = !window.more || built.length + 1 === mostWindows;
      await settled([
        buildFrom(needs, window, fresh).then((report) => built.push(report)),
        (async () => {
          if (!isLast) reading = startReading(needs, window.end, mostBytes);
        })(),
      ]);
    }
  } catch (error) {
    // Nothing goes on behind the back of who tries again.
    await Promise.allSettled([reading?.lines]);
    throw error;
  }
};

/** A window that is being read into `arriving`. */
interface Reading {
  readonly window: LogWindow;
  readonly lines: Promise<LinesRead>;
}

const startReading = (needs: Needs, from: LogPosition, most: number): Reading | null => {
  const window = nextWindow(needs.log, from, most);
  if (!window) return null;
  const lines = readWindow(needs, window);
  // It is waited for when its turn comes.
  lines.catch(() => undefined);
  return { window, lines };
};

const readWindow = async (needs: Needs, window: LogWindow): Promise<LinesRead> => {
  const draft = join(workFolder(needs.folder), 'window.ndjson');
  const files = await filesOf(window, draft);
  const lines = await readLines(needs, files);
  for (const file of files) if (file.startsWith(draft)) rmSync(file);
  return lines;
};

const sumOf = (built: readonly BuildReport[]): BuildReport | null =>
  built.length === 0
    ? null
    : built.reduce((sum, one) => ({
        requests: sum.requests + one.requests,
        repeated: sum.repeated + one.repeated,
        malformed: sum.malformed + one.malformed,
        rows: sum.rows + one.rows,
        errors: sum.errors + one.errors,
        failed: countsOf(sum.failed, one.failed),
        ambiguous: countsOf(sum.ambiguous, one.ambiguous),
        more: one.more,
      }));

const countsOf = (some: Counts, others: Counts): Counts => {
  const sum: Record<string, number> = { ...some };
  for (const [name, count] of Object.entries(others)) sum[name] = (sum[name] ?? 0) + count;
  return sum;
};

const buildFrom = async (
  needs: Needs,
  { end, more }: LogWindow,
  { groups, ...read }: Fresh,
): Promise<BuildReport> => {
  const { duck, state } = needs;
  const days = Map.groupBy(groups, ({ date }) => date);
  const fresh = rowsOfDays(
    {
      ...{ table: 'requests', columns: REQUESTS, key: 'request_id', relation: 'fresh' },
      same: (date) => sameInAll((days.get(date) ?? []).map(({ same }) => same)),
    },
    [...days].map(([date, ofDay]) => ({
      date,
      rows: ofDay.reduce((sum, { requests }) => sum + requests, 0),
    })),
  );
  // Side by side, where there are two cores.
  const [requests, { replacements, ...counts }] = await settled([
    writeParts(needs, fresh),
    writeServices(needs, groups),
  ]);
  const labels = await labelsForFresh(needs);
  await carryOut(state, {
    replacements: [...requests, ...replacements, ...labels.replacements],
    position: end,
    waiting: labels.waiting,
  });
  await duck.run('DROP TABLE fresh; DROP TABLE IF EXISTS failed');
  return { ...read, ...counts, ambiguous: labels.ambiguous, more };
};

/** Drafts of the parts of all services' tables, and what they come to. */
const writeServices = async (needs: Needs, groups: readonly FreshGroup[]) => {
  const replacements: Replacement[] = [];
  const counts = { rows: 0, errors: 0, failed: {} as Record<string, number> };
  const answered = groups.filter(({ isAnswered }) => isAnswered);
  for (const [service, ofService] of Map.groupBy(answered, (group) => group.service)) {
    const { rows, errors, parts } = await writeService(needs, service, ofService);
    replacements.push(...parts, ...(await writeParts(needs, errors)));
    counts.rows += rowsIn(rows.days);
    counts.errors += rowsIn(errors.days);
    counts.failed[service] = rowsIn(errors.days);
  }
  return { replacements, ...counts };
};

const writeService = async (needs: Needs, service: string, answered: readonly FreshGroup[]) => {
  const { duck, describe } = needs;
  const description = await describe(service);
  const told = await unpackService(duck, service, answered, description, 'unknown');
  const { replacements, wrong } = await draftParts(needs, told.rows);
  if (wrong === undefined) return { ...told, parts: replacements };
  // Some request does not come to as many rows as it says: which, only a look at all of them tells.
  for (const { draft } of replacements) rmSync(draft);
  const seen = await unpackService(duck, service, answered, description, 'all');
  return { ...seen, parts: await writeParts(needs, seen.rows) };
};

/** What a build computes with does not outlast it. */
const dropRelations = async (duck: Duck): Promise<void> => {
  const tables = await duck.rows('SELECT table_name AS name FROM duckdb_tables()');
  for (const table of tables) await duck.run(`DROP TABLE ${name(String(table.name))}`);
};
