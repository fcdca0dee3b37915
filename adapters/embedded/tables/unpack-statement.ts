import { BEFORE_FEATURES } from '../../../core/tables/fixed-columns';
import type { VersionColumns } from '../../../core/tables/service-table';
import type { ScalarType } from '../../../core/tables/table-column';
import { duckType, literal, name } from './quoting';

/** The requests that one model version answered for a service. */
export interface AnsweredBy {
  readonly service: string;
  readonly model: string | null;
  readonly modelVersion: number | null;
}

const NUMBERS: ReadonlySet<ScalarType> = new Set(['double', 'int', 'bigint']);

/** Columns of `requests` that a row takes over as they are. */
const TAKEN = BEFORE_FEATURES.map((column) => column.name).filter(
  (column) => column !== 'example_id' && column !== 'row_index',
);

/** Which rows of `requests` these are. */
export const answeredBy = ({ service, model, modelVersion }: AnsweredBy): string =>
  `status_code = 200 AND service = ${literal(service)} ` +
  `AND model_name IS NOT DISTINCT FROM ${model === null ? 'NULL' : literal(model)} ` +
  `AND model_version IS NOT DISTINCT FROM ${modelVersion === null ? 'NULL' : Number(modelVersion)}`;

/**
 * A SELECT of one row per prediction from a relation with `requests`' columns and `request_is_json`,
 * `response_is_json`, values by their columns' names. It is careful with memory: a body of 4 MB may have
 * millions of cells, each of which takes many times its text in every list it is copied to. Requests that cannot be unpacked have no row in it: those whose body or answer is no such
 * thing, whose rows are ragged, or with another number of predictions than rows.
 */
export const unpack = (from: string, by: AnsweredBy, version: VersionColumns): string => {
  const { features, classes, output } = version;
  const isHashed = features.some(({ hashColumn }) => hashColumn !== null);
  const numeric = !isHashed && features.every(({ type }) => NUMBERS.has(type));
  const cell = numeric ? 'DOUBLE' : 'VARCHAR';
  const body = `{"dataframe_split":{"columns":["VARCHAR"],"data":[["${cell}"]],"hashed":["VARCHAR"]}}`;
  const probabilities = classes ? ',"probabilities":["JSON"]' : '';
  const answer = `{"predictions":[${shapeOf(duckType(output))}]${probabilities}}`;

  return `
WITH parsed AS (
  SELECT ${TAKEN.map(name).join(', ')}, row_count,
    from_json(CASE WHEN request_is_json THEN request END, ${literal(body)}).dataframe_split AS q,
    from_json(CASE WHEN response_is_json THEN response END, ${literal(answer)}) AS a
  FROM ${from} WHERE ${answeredBy(by)}
), spread AS (
  SELECT ${TAKEN.map(name).join(', ')}, len(q.columns) AS width,
    ${features.map(({ feature }, i) => `list_position(q.columns, ${literal(feature)}) AS p${i},`).join('\n    ')}
    ${isHashed ? hashedFlags(features) : ''}
    unnest(q.data) AS cells,
    unnest(a.predictions) AS prediction_,
    ${classes ? 'unnest(list_resize(a.probabilities, len(a.predictions))) AS probabilities_,' : ''}
    unnest(range(len(a.predictions))) AS i
  FROM parsed
  WHERE len(q.data) = len(a.predictions) AND len(q.data) = coalesce(row_count, len(q.data))
), typed AS MATERIALIZED (
  SELECT request_id || '-' || i AS example_id, i::INTEGER AS row_index, ${TAKEN.map(name).join(', ')},
    ${features.map((feature, i) => featureColumns(feature, i, numeric)).join('\n    ')}
    prediction_ AS ${name(version.prediction)},
    ${classes ? CONFIDENCE : ''}
    len(cells) IS DISTINCT FROM width AS "ragged?"
  FROM spread
)
SELECT * EXCLUDE ("ragged?") FROM typed
WHERE request_id NOT IN (SELECT request_id FROM typed WHERE "ragged?")`;
};

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

/** A SELECT for `_errors` of what has no row in `rows`, with the reason. */
export const notUnpacked = (
  from: string,
  rows: string,
  by: AnsweredBy,
  isKnown: boolean,
): string => `
WITH parsed AS (
  SELECT *,
    from_json(CASE WHEN request_is_json THEN request END,
      '{"dataframe_split":{"columns":["VARCHAR"],"data":["JSON"]}}').dataframe_split AS q,
    from_json(CASE WHEN response_is_json THEN response END, '{"predictions":["JSON"]}') AS a
  FROM ${from} WHERE ${answeredBy(by)}
    AND request_id NOT IN (SELECT request_id FROM ${rows})
)
SELECT request_id, request_time, CASE
    WHEN NOT ${isKnown} THEN 'the columns of the model version are not known'
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
