import type { ErasureReport } from '../../../core/tables/erasure';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { chores } from './chores';
import { createSharedTables, type Ground } from './create-tables';
import { dayFrom } from './day-from';
import { closeErased, forgetErased, tellPurged } from './erased-ids';
import type { Places } from './places';
import { countRows, dropOldSharedFiles, dropServiceTables, ownTables, removeAll } from './remove';
import type { Steps } from './steps';

interface Needs {
  readonly places: Places;
  readonly ground: Ground;
  readonly execution: string;
}

interface Asked {
  readonly service: string;
  /** RFC 3339 */
  readonly at: string;
}

const SHARED = ['requests', 'labels'] as const;

/** Takes everything of a service out that was captured until now, also what arrives later; its tables go. */
export function* purge(
  { places, ground, execution }: Needs,
  { service, at }: Asked,
): Steps<ErasureReport> {
  const erasing = { service, at, execution };
  for (const statement of createSharedTables(places, ground)) yield statement;
  yield tellPurged(places, erasing);
  yield { until: 'older-runs-end' };
  yield* chores(() => ({ kind: 'empty', service }));
  const { rows: names } = yield ownTables(places, service);
  const there = new Set(names.map(([name]) => name));
  const own = [
    ...(there.has(tableNameOf(service)) ? (['rows'] as const) : []),
    ...(there.has(errorsTableNameOf(service)) ? (['errors'] as const) : []),
  ];
  const counted = [...SHARED, ...own];
  const { rows } = yield countRows(places, service, counted);
  for (const table of SHARED) yield removeAll(places, service, table);
  // What read requests before may still make rows of them.
  yield { until: 'older-runs-end' };
  for (const statement of dropServiceTables(places, service)) yield statement;
  yield forgetErased(places, service);
  yield { until: 'files-settle' };
  // What Firehose still held back lies there by now; nobody else has the name until this has ended.
  yield* chores(() => ({ kind: 'empty', service }));
  for (const table of [...SHARED, 'erased'] as const) yield dropOldSharedFiles(places, table);
  yield* chores(() => ({ kind: 'forget-results', before: dayFrom(at, -1) }));
  yield closeErased(places, erasing);
  const countOf = (table: (typeof counted)[number]): number =>
    Number(rows[0]?.[counted.indexOf(table)] ?? 0);
  return {
    ...{ requests: countOf('requests'), labels: countOf('labels') },
    ...{ rows: countOf('rows'), errors: countOf('errors') },
  };
}
