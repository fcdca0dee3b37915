import { BEFORE_FEATURES } from '../../../core/tables/fixed-columns';
import type { VersionColumns } from '../../../core/tables/service-table';
import type { ScalarType } from '../../../core/tables/table-column';
import { duckType, literal, name } from './quoting';

/** Requests that one model version answered for a service on one day. */
export interface AnsweredBy {
  readonly service: string;
  /** `YYYY-MM-DD` */
  readonly date: string;
  readonly model: string | null;
  readonly modelVersion: number | null;
  /** The first and last `rowid` of them. */
  readonly rowids: readonly [number, number];
}

const NUMBERS: ReadonlySet<ScalarType> = new Set(['double', 'int', 'bigint']);

/** Columns of `requests` that a row takes over as they are. */
const TAKEN = BEFORE_FEATURES.map((column) => column.name).filter(
  (column) => column !== 'example_id' && column !== 'row_index',
);

/** Which rows of `requests` these are. */
const answeredBy = ({ service, date, model, modelVersion, rowids }: AnsweredBy): string =>
  `status_code = 200 AND service = ${literal(service)} AND request_date = DATE ${literal(date)} ` +
  `AND model_name IS NOT DISTINCT FROM ${model === null ? 'NULL' : literal(model)} ` +
  `AND model_version IS NOT DISTINCT FROM ${modelVersion === null ? 'NULL' : Number(modelVersion)} AND rowid BETWEEN ${rowids.join(' AND ')}`;

/**
 * A SELECT of requests as they are answered, parsed once: `q` and `a` hold the request's and the
 * answer's values, `rows_` how many rows the request has, and `place_` how many those before it have.
 * `from` has `requests`' columns. A request has 0 rows that cannot be unpacked: whose body or answer is
 * no such thing, whose rows are ragged, or with another number of predictions than rows.
 */
export const parse = (from: string, by: AnsweredBy, version: VersionColumns): string => {
  const cell = isNumeric(version) ? 'DOUBLE' : 'VARCHAR';
  const body = `{"dataframe_split":{"columns":["VARCHAR"],"data":[["${cell}"]],"hashed":["VARCHAR"]}}`;
  const probabilities = version.classes ? ',"probabilities":["JSON"]' : '';
  const answer = `{"predictions":[${shapeOf(duckType(version.output))}]${probabilities}}`;
  return `
WITH parsed AS (
  SELECT ${TAKEN.map(name).join(', ')}, row_count,
    TRY(from_json(request, ${literal(body)})).dataframe_split AS q,
    TRY(from_json(response, ${literal(answer)})) AS a
  FROM ${from} WHERE ${answeredBy(by)}
), counted AS (
  SELECT *, CASE WHEN len(q.data) = len(a.predictions) AND len(q.data) = coalesce(row_count, len(q.data))
      AND len(list_filter(q.data, lambda cells: len(cells) IS DISTINCT FROM len(q.columns))) = 0
    THEN len(q.data) ELSE 0 END AS rows_
  FROM parsed
)
SELECT * EXCLUDE (row_count), sum(rows_) OVER (ROWS UNBOUNDED PRECEDING) - rows_ AS place_ FROM counted`;
};

/**
 * A SELECT of one row per prediction from a relation as `parse` makes it, values by their columns' names:
 * those rows from one place to before another. It is careful with memory: a body of 4 MB may have
 * millions of cells, each of which takes many times its text in every list it is copied to.
 */
export const unpack = (
  parsed: string,
  version: VersionColumns,
  from: number,
  to: number,
): string => {
  const { features, classes } = version;
  const isHashed = features.some(({ hashColumn }) => hashColumn !== null);
  const numeric = isNumeric(version);
  return `
SELECT request_id || '-' || i AS example_id, i::INTEGER AS row_index, ${TAKEN.map(name).join(', ')},
  ${features.map((feature, i) => featureColumns(feature, i, numeric)).join('\n  ')}
  ${classes ? CONFIDENCE : ''}
  prediction_ AS ${name(version.prediction)}
FROM (
  SELECT ${TAKEN.map(name).join(', ')}, place_,
    ${features.map(({ feature }, i) => `list_position(q.columns, ${literal(feature)}) AS p${i},`).join('\n    ')}
    ${isHashed ? hashedFlags(features) : ''}
    ${classes ? 'unnest(list_resize(a.probabilities, rows_)) AS probabilities_,' : ''}
    unnest(q.data) AS cells, unnest(a.predictions) AS prediction_, unnest(range(rows_)) AS i
  FROM ${parsed} WHERE rows_ > 0 AND place_ < ${to} AND place_ + rows_ > ${from}
)
WHERE place_ + i >= ${from} AND place_ + i < ${to}`;
};

const isNumeric = ({ features }: VersionColumns): boolean =>
  features.every(({ hashColumn, type }) => hashColumn === null && NUMBERS.has(type));

const CONFIDENCE = `list_max(map_values(from_json(probabilities_, '"MAP(VARCHAR, DOUBLE)"'))) AS confidence,
    probabilities_::VARCHAR AS probabilities,`;

/** A type in the way `from_json` wants to be told. */
const shapeOf = (type: string): string =>
  type.endsWith('[]') ? `["${type.slice(0, -2)}"]` : `"${type}"`;

type Feature = VersionColumns['features'][number];

const hashedFlags = (features: readonly Feature[]): string =>
  features
    .map(({ feature, hashColumn }, i) =>
      hashColumn === null
        ? ''
        : `coalesce(list_contains(q.hashed, ${literal(feature)}), false) AS h${i},`,
    )
    .join('\n    ');

const featureColumns = (
  { column, hashColumn, type }: Feature,
  i: number,
  numeric: boolean,
): string => {
  const cell = `cells[p${i}]`;
  const plain = numeric ? numberOf(cell, type) : typedText(cell, type);
  if (hashColumn === null) return `${plain} AS ${name(column)},`;
  return (
    `CASE WHEN NOT h${i} THEN ${plain} END AS ${name(column)}, ` +
    `CASE WHEN h${i} THEN ${cell} END AS ${name(hashColumn)},`
  );
};

const numberOf = (cell: string, type: ScalarType): string =>
  type === 'double' ? cell : `TRY_CAST(${cell} AS ${duckType(type)})`;

/** From the text of a value, as JSON has it. */
const typedText = (cell: string, type: ScalarType): string => {
  if (type === 'string') return cell;
  // Times without a zone are UTC, which is the session's. The model sees whole milliseconds.
  if (type === 'timestamp') {
    return `date_trunc('milliseconds', TRY_CAST(upper(${cell}) AS TIMESTAMPTZ)::TIMESTAMP)`;
  }
  return `TRY_CAST(${cell} AS ${duckType(type)})`;
};

/**
 * A SELECT for `_errors` of what has no row in a relation as `parse` makes it, with the reason; of all
 * when nobody knows how to parse it.
 */
export const notUnpacked = (from: string, by: AnsweredBy, parsed: string | null): string => `
WITH parsed AS (
  SELECT *,
    TRY(from_json(request, '{"dataframe_split":{"columns":["VARCHAR"],"data":["JSON"]}}')).dataframe_split AS q,
    TRY(from_json(response, '{"predictions":["JSON"]}')) AS a
  FROM ${from} WHERE ${answeredBy(by)}
    ${parsed === null ? '' : `AND request_id NOT IN (SELECT request_id FROM ${parsed} WHERE rows_ > 0)`}
)
SELECT request_id, request_time, CASE
    WHEN ${parsed === null} THEN 'the columns of the model version are not known'
    WHEN q.data IS NULL OR q.columns IS NULL THEN 'the request is not a table'
    WHEN a.predictions IS NULL THEN 'the answer has no predictions'
    WHEN len(q.data) <> len(a.predictions) THEN
      concat(len(q.data), ' rows, ', len(a.predictions), ' predictions')
    WHEN len(q.data) <> row_count THEN
      concat(len(q.data), ' rows, ', row_count, ' counted when they were answered')
    WHEN len(q.data) = 0 THEN 'no rows'
    ELSE 'a row has another number of cells than there are columns'
  END AS reason, request, response, request_date
FROM parsed`;

/** All of these columns, typed, without a row. */
export const emptyRelation = (
  columns: readonly { readonly name: string; readonly type: Parameters<typeof duckType>[0] }[],
): string =>
  `SELECT ${columns.map((column) => `NULL::${duckType(column.type)} AS ${name(column.name)}`).join(', ')} WHERE false`;
