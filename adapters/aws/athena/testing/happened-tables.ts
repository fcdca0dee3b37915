import { ambiguousLabels } from '../../../../core/tables/ambiguous-labels';
import { type DirtyHour, dirtyHours } from '../../../../core/tables/dirty-hours';
import type { Label } from '../../../../core/tables/label';
import { labelLines } from '../../../../core/tables/label-lines';
import type { Trino } from '../../../../infra-tests/trino/describe-trino';
import { sqliteRecordStore } from '../../../embedded/sqlite-record-store';
import { type Happened, lineOfHappened, TAUGHT } from '../../../embedded/tables/happened-fixture';
import { naiveTables } from '../../../embedded/tables/tables-model';
import { type BuildItem, buildItem, type ItemReport } from '../build-item';
import { hoursOf, planBuilds, type Work } from '../plan-builds';
import { describedOf } from './described';
import { itemNeeds } from './item-needs';
import { runStatement, runSteps } from './run-steps';
import { storedLine } from './stored-line';
import { openTrinoTables } from './trino-tables';

/** When the tables begin. */
export const START = '2026-11-20T00:00:00.000Z';

/** Where something arrives: `YYYY-MM-DD` and `HH`. */
export type Slot = readonly [string, string];

/** Labels of one call. */
export interface Batch {
  readonly id: string;
  readonly service: string;
  /** When they were received: RFC 3339. */
  readonly at: string;
  readonly labels: readonly Label[];
}

/** Rows of the model's tables, a JSON text each; what the AWS home has not is left out. */
const ERRORS = ['request_id', 'CAST(request_date AS varchar)'];
const ROWS = [
  ...[
    'example_id',
    'CAST(request_date AS varchar)',
    'row_index',
    'model_version',
    'ph',
    'a',
    'a_2',
  ],
  ...['b', 'prediction', 'client_request_id', 'label', 'to_unixtime(labelled_at) * 1000'],
  ...['click', 'to_unixtime(click_labelled_at) * 1000'],
];
const READ: Readonly<Record<string, readonly string[]>> = {
  requests: [
    ...['request_id', 'CAST(request_date AS varchar)', 'service', 'status_code'],
    ...['client_request_id', 'primary_request_id'],
  ],
  labels: [
    ...['service', 'example_id', 'request_id', 'client_request_id', 'row_index', 'name', 'label'],
    ...['to_unixtime(labelled_at) * 1000', 'to_unixtime(received_at) * 1000'],
    'CAST(received_date AS varchar)',
  ],
  wine: ROWS,
  red_wine: ROWS,
  wine_errors: ERRORS,
  red_wine_errors: ERRORS,
};

/** A build gives up that finds requests of another at once, whose rows are not there yet: it is done again. */
const HALF_DONE = /answered requests without rows or errors/;

/** What a build says that it has written. */
const WRITTEN = ['requests', 'rows', 'errors', 'labels', 'labelled'] as const;

/** Tables on Trino with all that happens to them, beside the model of the same. */
export const openHappened = async (trino: Trino, pool: readonly Happened[]) => {
  const services = await describedOf({ wine: TAUGHT, 'red-wine': TAUGHT });
  const tables = await openTrinoTables(trino, services);
  const { places, run } = tables;
  const model = naiveTables(pool);
  let clock = new Date(START);
  const store = sqliteRecordStore(':memory:', { now: () => clock });
  const hours = dirtyHours(store);
  const counts = ambiguousLabels(store, () => clock);
  let ambiguous = 0;
  const arrived = new Map<string, DirtyHour>();
  let files = 0;

  const put = async (
    kind: 'labels' | 'requests',
    service: string,
    [date, hour]: Slot,
    file: string,
    lines: readonly string[],
  ): Promise<void> => {
    await tables.arrive(kind, [service, date, hour], file, lines);
    arrived.set([service, kind, date, hour].join(), { service, kind, date, hour });
    // S3 tells of an object once it is there, and sometimes twice.
    await hours.mark({ service, kind, date, hour }, clock);
    await hours.mark({ service, kind, date, hour }, clock);
  };
  const at = (): string => clock.toISOString();
  const works = async (): Promise<readonly Work[]> =>
    planBuilds({
      ...{ hours: await hours.list(), unmade: new Map(), last: [], at: at() },
    }).flatMap((one) => one.works);
  const work = async (one: Work, dieAfter?: number) => {
    const { item } = one;
    const today = one.at.slice(0, 10);
    const steps = buildItem(itemNeeds(places, services.get(item.service), today), item);
    const result = await runSteps(steps, (statement) => runStatement(run, statement), dieAfter);
    if (!result) return null;
    await hours.clear(hoursOf(one), one.at);
    ambiguous += await counts.counted(item.service, result.ambiguous);
    return result.report;
  };
  const buildAll = async (): Promise<void> => {
    for (const one of await works()) await work(one);
  };
  const again = async (item: BuildItem): Promise<void> => {
    await work({ item, at: at(), found: [] });
  };

  return {
    /** Objects with these requests come, one for each service, with lines that are no records. */
    async arrive(requests: readonly number[], slot: Slot, junk: readonly string[]): Promise<void> {
      for (const n of requests) model.predict(n);
      const lines = requests.map((n) => lineOfHappened(pool, n));
      for (const [service, own] of Map.groupBy(lines, (line) => String(line.service))) {
        files += 1;
        // As records are written: bodies last, the request's first.
        const texts = own.map(({ request, response, ...line }) =>
          storedLine(JSON.stringify({ ...line, request, response })),
        );
        const [first = '', ...rest] = texts;
        await put('requests', service, slot, `${files}.gz`, [first, ...junk, ...rest]);
      }
    },

    /** Labels come in one call; or the same call once more, which is the same object. */
    async push({ id, service, at, labels }: Batch, isNew: boolean): Promise<void> {
      clock = new Date(Math.max(clock.getTime(), Date.parse(at)));
      if (isNew) model.label(service, labels, at);
      const lines = labelLines({ batch_id: id, service, received_at: at, labels })
        .trimEnd()
        .split('\n');
      await put('labels', service, [at.slice(0, 10), at.slice(11, 13)], `${id}.ndjson`, lines);
    },

    /** Some of the work there is, all at once; some of it dies after so many statements. */
    async build(
      picks: readonly { readonly nth: number; readonly dieAfter: number | null }[],
      meanwhile: () => Promise<void>,
    ): Promise<void> {
      const there = await works();
      const picked = picks.flatMap(({ nth, dieAfter }) => {
        const one = there[nth % Math.max(1, there.length)];
        return one ? [work(one, dieAfter ?? undefined)] : [];
      });
      for (const ended of await Promise.allSettled([...picked, meanwhile()])) {
        if (ended.status === 'fulfilled') continue;
        if (picked.length === 1 || !HALF_DONE.test(String(ended.reason))) throw ended.reason;
      }
    },

    buildAll,

    /** How many labels were told to mean several requests, and how many do. */
    ambiguous: () => ({ told: ambiguous, expected: model.ambiguous() }),

    /** So much time goes by that labels without a row are no longer waited for. */
    async weekPasses(at: string): Promise<void> {
      await buildAll();
      clock = new Date(at);
      model.weekPasses();
    },

    /** Labels received on these days look for their rows once more. */
    async retry(service: string, dates: readonly string[]): Promise<void> {
      await buildAll();
      const [from, to] = [dates[0] ?? '', dates.at(-1) ?? ''];
      await again({ kind: 'labels-again', service, from, to });
      model.retry(service, from, to);
    },

    /** Every hour is built once more, the last first; reports of what wrote something. */
    async rebuildAll(): Promise<readonly ItemReport[]> {
      for (const hour of arrived.values()) await hours.mark(hour, clock);
      const reports: ItemReport[] = [];
      for (const one of (await works()).toReversed()) {
        const report = await work(one);
        if (report && WRITTEN.some((name) => report[name] > 0)) reports.push(report);
      }
      return reports;
    },

    expected(): Readonly<Record<string, readonly string[]>> {
      const all = model.tables();
      return Object.fromEntries(Object.keys(READ).map((table) => [table, all[table] ?? []]));
    },

    /** All tables, of each a text for each row, in order. */
    async found() {
      const selects = Object.entries(READ).map(
        ([table, cells]) =>
          `SELECT '${table}', json_format(CAST(ARRAY[${cells
            .map((cell) => `CAST(${cell} AS json)`)
            .join(', ')}] AS json)) FROM "${places.database}"."${table}"`,
      );
      const { rows } = await run(selects.join(' UNION ALL '));
      const found: Record<string, string[]> = Object.fromEntries(
        Object.keys(READ).map((table) => [table, []]),
      );
      for (const [table, cells] of rows) {
        found[String(table)]?.push(JSON.stringify(JSON.parse(String(cells))));
      }
      for (const one of Object.values(found)) one.sort();
      return found;
    },

    close: tables.close,
  };
};
