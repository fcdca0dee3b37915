import { LABELS } from '../../../core/tables/fixed-columns';
import { toldOutcomes } from '../../../core/tables/outcomes';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { TableColumn } from '../../../core/tables/table-column';
import { tableNameOf } from '../../../core/tables/table-name';
import { allRequests, examplesOf, keepExamples } from './label-build';
import { clientMatches } from './label-clients';
import type { LabelNeeds } from './label-needs';
import { EXAMPLE_LABELS, named } from './label-statements';
import { carryOut, finishDecided, partPath } from './part-files';
import { list, literal, name } from './quoting';
import type { Part } from './table-state';
import { emptyRelation } from './unpack-statement';

interface Days {
  /** `YYYY-MM-DD` */
  readonly from: string;
  readonly to: string;
}

const EXAMPLES = EXAMPLE_LABELS.map((column) => column.name).join(', ');

/**
 * Has labels of a service that came on some days wait once more, if their rows are there by now and do
 * not have them. All that is new must be in the tables before. Tells how many rows these are.
 */
export const lookAgain = async (
  needs: LabelNeeds,
  service: string,
  { from, to }: Days,
  { columns }: Pick<ServiceTable, 'columns'>,
): Promise<number> => {
  const { duck, state } = needs;
  await finishDecided(state);
  const came = state
    .allParts()
    .filter(({ table, date }) => table === 'labels' && date >= from && date <= to);
  const rows = state.allParts().filter(({ table }) => table === tableNameOf(service));
  if (came.length === 0 || rows.length === 0) return 0;
  const labels = labelsIn(needs, came, service);
  const byClient = `(SELECT * FROM ${labels} WHERE client_request_id IS NOT NULL)`;
  await duck.run(
    `CREATE OR REPLACE TABLE again AS SELECT l.* FROM (
       ${examplesOf(labels)} UNION ALL
       SELECT ${EXAMPLES} FROM (${clientMatches(byClient, allRequests(needs), service)})
     ) l JOIN ${timesIn(needs, rows, columns)} r USING (example_id, name)
     WHERE r.labelled_at IS NULL
       OR row(l.labelled_at, l.received_at) > row(r.labelled_at, r.label_received_at)`,
  );
  const [found] = await duck.rows(
    'SELECT count(DISTINCT example_id)::INTEGER AS labels FROM again',
  );
  if (Number(found?.labels) > 0) {
    const { replacement, rows: examples } = await keepExamples(needs, service, 'again');
    const { clients = 0 } = state.waiting().get(service) ?? {};
    const waiting = { [service]: { examples, clients } };
    await carryOut(state, { replacements: [replacement], waiting });
  }
  await duck.run('DROP TABLE again');
  return Number(found?.labels);
};

/** A service's labels as they came, with `position`: a batch's are in parts as they were in the batch. */
const labelsIn = ({ folder }: LabelNeeds, parts: readonly Part[], service: string): string => {
  let before = 0;
  const places = parts.map((part) => {
    const place = `(${literal(partPath(folder, part))}, ${before})`;
    before += part.rows;
    return place;
  });
  const files = list(parts.map((part) => partPath(folder, part)));
  // Parts of older releases have no `position`.
  const found = `(SELECT COLUMNS(c -> c NOT IN ('position', 'before', 'filename', 'file_row_number')),
      (before + file_row_number)::INTEGER AS position
    FROM read_parquet(${files}, hive_partitioning = false, union_by_name = true, filename = true, file_row_number = true)
    JOIN (VALUES ${places.join(', ')}) p(filename, before) USING (filename)
    WHERE service = ${literal(service)})`;
  return named(found, LABELS);
};

/** By example and outcome, when it was labelled. */
const timesIn = (
  { folder }: LabelNeeds,
  parts: readonly Part[],
  mapped: ServiceTable['columns'],
): string => {
  const told = toldOutcomes(mapped);
  const times = told.flatMap(({ labelledAt, receivedAt }) => [labelledAt, receivedAt]);
  const columns: readonly TableColumn[] = [
    { name: 'example_id', type: 'string' },
    ...times.map((time) => ({ name: time, type: 'timestamp' }) as const),
  ];
  const files = list(parts.map((part) => partPath(folder, part)));
  const rows = `(${emptyRelation(columns)} UNION ALL BY NAME
    SELECT COLUMNS(c -> c IN ${list(columns.map((column) => column.name))})
    FROM read_parquet(${files}, hive_partitioning = false, union_by_name = true))`;
  const each = told.map(
    (one) => `SELECT example_id, ${literal(one.name)} AS name,
      ${name(one.labelledAt)} AS labelled_at, ${name(one.receivedAt)} AS label_received_at FROM ${rows}`,
  );
  return `(${each.join(' UNION ALL ')})`;
};
