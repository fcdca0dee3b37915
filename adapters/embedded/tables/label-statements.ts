import type { MappedColumn } from '../../../core/tables/service-table';
import type { TableColumn, TableType } from '../../../core/tables/table-column';
import { duckType, literal, name } from './quoting';

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

/** Labels of examples: `example_id, label (JSON), labelled_at, received_at, position`, one per example. */
export const EXAMPLE_LABELS: readonly TableColumn[] = [
  { name: 'example_id', type: 'string' },
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

/**
 * The winner among the labels of each example: the latest, then the latest received. Few have several,
 * so that only these are put in order.
 */
export const winners = (relation: string): string => {
  const columns = EXAMPLE_LABELS.map((column) => column.name).join(', ');
  return `
  WITH given AS MATERIALIZED (SELECT ${columns} FROM ${relation}),
  several AS MATERIALIZED (SELECT example_id FROM given GROUP BY example_id HAVING count(*) > 1)
  SELECT * FROM given ANTI JOIN several USING (example_id)
  UNION ALL
  SELECT * FROM given SEMI JOIN several USING (example_id)
  QUALIFY row_number() OVER (
    PARTITION BY example_id
    ORDER BY labelled_at DESC, received_at DESC, batch_id DESC, position DESC) = 1`;
};

/** A SELECT of a service's rows with waiting labels put in, by a key, where these are later than their own. */
export const withLabels = (
  rows: string,
  labels: string,
  columns: readonly TableColumn[],
  mapped: readonly Pick<MappedColumn, 'kind' | 'name' | 'type'>[],
  places: readonly LabelPlace[],
  key = 'example_id',
): string => {
  const later = `(l.example_id IS NOT NULL AND (r.labelled_at IS NULL
    OR row(l.labelled_at, l.received_at) >= row(r.labelled_at, r.label_received_at)))`;
  const kinds = new Map(mapped.map((column) => [column.name, column]));
  const cells = columns.map((column) => {
    const plain = `r.${name(column.name)}`;
    const next = nextOf(column, kinds.get(column.name)?.kind, places);
    return next === null
      ? `${plain} AS ${name(column.name)}`
      : `CASE WHEN ${later} THEN ${next} ELSE ${plain} END AS ${name(column.name)}`;
  });
  return `SELECT ${cells.join(', ')} FROM (${rows}) r LEFT JOIN (${labels}) l USING (${key})`;
};

/** Those of a table's columns that labels change. */
export const labelledColumns = (
  columns: readonly TableColumn[],
  mapped: readonly Pick<MappedColumn, 'kind' | 'name'>[],
): readonly TableColumn[] => {
  const kinds = new Map(mapped.map(({ name, kind }) => [name, kind]));
  return columns.filter((column) => nextOf(column, kinds.get(column.name), []) !== null);
};

const nextOf = (
  column: TableColumn,
  kind: MappedColumn['kind'] | undefined,
  places: readonly LabelPlace[],
): string | null => {
  if (kind === 'label') {
    const value = typedLabel('l.label', column.type);
    const here = places.filter((place) => place.column === column.name);
    // Of several columns a row's label stands in the one of its model version.
    if (here.length === places.length) return value;
    const versions = here.map(
      ({ model, modelVersion }) => `(${literal(model)}, ${Number(modelVersion)})`,
    );
    if (versions.length === 0) return `r.${name(column.name)}`;
    return `CASE WHEN (r.model_name, r.model_version) IN (${versions.join(', ')}) THEN ${value} END`;
  }
  if (kind !== undefined) return null;
  if (column.name === 'labelled_at') return 'l.labelled_at';
  return column.name === 'label_received_at' ? 'l.received_at' : null;
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
