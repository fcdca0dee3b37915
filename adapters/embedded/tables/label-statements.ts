import { THE_LABEL, type ToldOutcome, toldOutcomes } from '../../../core/tables/outcomes';
import type { MappedColumn } from '../../../core/tables/service-table';
import type { TableColumn, TableType } from '../../../core/tables/table-column';
import { duckType, literal, name } from './quoting';
import { emptyRelation } from './unpack-statement';

/** Which column of a service's table a model version's labels stand in. */
export interface LabelPlace {
  readonly model: string;
  readonly modelVersion: number;
  readonly column: string;
}

/** Where the labels of these versions stand. */
export const placesOf = (
  versions: readonly { readonly model: string; readonly version: number; readonly label: string }[],
): readonly LabelPlace[] =>
  versions.map(({ model, version, label }) => ({
    ...{ model, modelVersion: version, column: label },
  }));

/** Labels of examples: `example_id, name, label (JSON), …`, one per example and name. */
export const EXAMPLE_LABELS: readonly TableColumn[] = [
  { name: 'example_id', type: 'string' },
  { name: 'name', type: 'string' },
  { name: 'label', type: 'string' },
  { name: 'labelled_at', type: 'timestamp' },
  { name: 'received_at', type: 'timestamp' },
  { name: 'batch_id', type: 'string' },
  { name: 'position', type: 'int' },
];

/** Labels of clients' request ids, for requests that may still come. */
export const CLIENT_LABELS: readonly TableColumn[] = [
  { name: 'client_request_id', type: 'string' },
  { name: 'row_index', type: 'int' },
  ...EXAMPLE_LABELS.slice(1),
];

/** A relation of labels whose outcome has a name: those of older releases do not say that they are the label. */
export const named = (relation: string, columns: readonly TableColumn[]): string => `(
  SELECT * REPLACE (coalesce(name, ${literal(THE_LABEL)}) AS name)
  FROM (${emptyRelation(columns)} UNION ALL BY NAME SELECT * FROM ${relation}))`;

/**
 * The winner among the labels of each example and name: the latest, then the latest received. Few have
 * several, so that only these are put in order; which these are a hash tells quicker than the texts, and
 * one that two of them share puts no more than a few in order for nothing.
 */
export const winners = (relation: string): string => {
  const columns = EXAMPLE_LABELS.map((column) => column.name).join(', ');
  return `
  WITH given AS MATERIALIZED (SELECT ${columns}, hash(example_id, name) AS told FROM ${relation}),
  several AS MATERIALIZED (SELECT told FROM given GROUP BY told HAVING count(*) > 1)
  SELECT ${columns} FROM given ANTI JOIN several USING (told)
  UNION ALL
  SELECT ${columns} FROM given SEMI JOIN several USING (told)
  QUALIFY row_number() OVER (
    PARTITION BY example_id, name
    ORDER BY labelled_at DESC, received_at DESC, batch_id DESC, position DESC) = 1`;
};

/** Names of the outcomes that a table has columns for, as `IN` takes them. */
export const outcomeNames = (mapped: readonly MappedColumn[]): string =>
  `(${toldOutcomes(mapped)
    .map((told) => literal(told.name))
    .join(', ')})`;

/** A SELECT of labels with the outcomes of an example, which is told by `key`, beside one another. */
const besideEachOther = (labels: string, told: readonly ToldOutcome[], key: string): string => {
  const [label, ...others] = told;
  if (others.length === 0)
    return `SELECT * FROM (${labels}) WHERE name = ${literal(label?.name ?? '')}`;
  const cells = told.flatMap(({ name: of, suffix }) =>
    ['label', 'labelled_at', 'received_at'].map(
      (cell) => `any_value(${cell}) FILTER (name = ${literal(of)}) AS ${name(`${cell}${suffix}`)}`,
    ),
  );
  return `SELECT ${key}, ${cells.join(', ')} FROM (${labels}) GROUP BY ${key}`;
};

/** A SELECT of a service's rows with waiting labels put in, by a key, where these are later than their own. */
export const withLabels = (
  rows: string,
  labels: string,
  columns: readonly TableColumn[],
  mapped: readonly MappedColumn[],
  places: readonly LabelPlace[],
  key = 'example_id',
): string => {
  const told = toldOutcomes(mapped);
  const cells = columns.map((column) => {
    const plain = `r.${name(column.name)}`;
    const next = nextOf(column, mapped, told, places);
    return next === null
      ? `${plain} AS ${name(column.name)}`
      : `CASE WHEN ${later(next.told)} THEN ${next.value} ELSE ${plain} END AS ${name(column.name)}`;
  });
  return `SELECT ${cells.join(', ')} FROM (${rows}) r
    LEFT JOIN (${besideEachOther(labels, told, key)}) l USING (${key})`;
};

/** Whether an outcome of a label is later than its row's own. */
const later = ({ labelledAt, receivedAt, suffix }: ToldOutcome): string =>
  `(l.${name(`labelled_at${suffix}`)} IS NOT NULL AND (r.${name(labelledAt)} IS NULL
    OR row(l.${name(`labelled_at${suffix}`)}, l.${name(`received_at${suffix}`)}) >=
      row(r.${name(labelledAt)}, r.${name(receivedAt)})))`;

/** Those of a table's columns that labels change. */
export const labelledColumns = (
  columns: readonly TableColumn[],
  mapped: readonly MappedColumn[],
): readonly TableColumn[] => {
  const told = toldOutcomes(mapped);
  return columns.filter((column) => nextOf(column, mapped, told, []) !== null);
};

/** What labels bring to a column, and which outcome of them; null for a column that they do not change. */
const nextOf = (
  column: TableColumn,
  mapped: readonly MappedColumn[],
  told: readonly ToldOutcome[],
  places: readonly LabelPlace[],
): { readonly told: ToldOutcome; readonly value: string } | null => {
  const { kind, of } = mapped.find((one) => one.name === column.name) ?? {};
  const [theLabel] = told;
  if (kind === 'label' && theLabel) return { told: theLabel, value: placed(column, places) };
  for (const one of told) {
    const cell = (name_: string) => `l.${name(`${name_}${one.suffix}`)}`;
    if (kind === 'outcome' && one.name === of) {
      return { told: one, value: typedLabel(cell('label'), column.type) };
    }
    if (column.name === one.labelledAt) return { told: one, value: cell('labelled_at') };
    if (column.name === one.receivedAt) return { told: one, value: cell('received_at') };
  }
  return null;
};

/** A label in a column: of several, a row's label stands in the one of its model version. */
const placed = (column: TableColumn, places: readonly LabelPlace[]): string => {
  const value = typedLabel('l.label', column.type);
  const here = places.filter((place) => place.column === column.name);
  if (here.length === places.length) return value;
  const versions = here.map(
    ({ model, modelVersion }) => `(${literal(model)}, ${Number(modelVersion)})`,
  );
  if (versions.length === 0) return `r.${name(column.name)}`;
  return `CASE WHEN (r.model_name, r.model_version) IN (${versions.join(', ')}) THEN ${value} END`;
};

/** A label's JSON text as its column has it; null when it does not fit. */
const typedLabel = (json: string, type: TableType): string => {
  if (type.startsWith('array<')) {
    return `from_json(${json}, ${literal(`["${duckType(type).slice(0, -2)}"]`)})`;
  }
  const value = `TRY_CAST(${json} ->> '$' AS ${duckType(type)})`;
  // DuckDB would round.
  return type === 'bigint'
    ? `CASE WHEN regexp_full_match(${json}, '-?[0-9]+') THEN ${value} END`
    : value;
};
