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
}

/** Which requests' rows are counted by looking at them. */
export type Looked = 'unknown' | 'all';

const NUMBERS: ReadonlySet<ScalarType> = new Set(['double', 'int', 'bigint']);

/** Columns of `requests` that a row takes over as they are. */
const TAKEN = BEFORE_FEATURES.map((column) => column.name).filter(
  (column) => column !== 'example_id' && column !== 'row_index',
);

/** Which of `fresh` these are. */
export const answeredBy = ({ service, date, model, modelVersion }: AnsweredBy): string =>
  `status_code = 200 AND service = ${literal(service)} AND request_date = DATE ${literal(date)} ` +
  `AND model_name IS NOT DISTINCT FROM ${model === null ? 'NULL' : literal(model)} ` +
  `AND model_version IS NOT DISTINCT FROM ${modelVersion === null ? 'NULL' : Number(modelVersion)}`;

/**
 * A SELECT of requests as they are answered, parsed once: `q` and `a` hold the request's and the
 * answer's values, `found_` how many rows the request comes to: 0 where it cannot be unpacked, because
 * its body or answer is no such thing, or it has another number of predictions than rows. Nor can it be
 * when a row of it is ragged: has another number of cells than `width_`. Its columns are the signature's
 * own, as a rule: `is_usual`; otherwise they are in `columns_`. `from` has `fresh`'s columns.
 */
const parse = (from: string, version: VersionColumns): string => {
  const cell = isNumeric(version) ? 'DOUBLE' : 'VARCHAR';
  const hashed = isHashed(version) ? ',"hashed":["VARCHAR"]' : '';
  const body = `{"dataframe_split":{"columns":"VARCHAR","data":[["${cell}"]]${hashed}}}`;
  const probabilities = version.classes ? ',"probabilities":["JSON"]' : '';
  const answer = `{"predictions":[${shapeOf(duckType(version.output))}]${probabilities}}`;
  const usual = version.features.map(({ feature }) => feature);
  return `
SELECT *, CASE WHEN len(q.data) = len(a.predictions) AND len(q.data) = coalesce(row_count, len(q.data))
  THEN len(q.data) ELSE 0 END AS found_
FROM (
  SELECT *, CASE WHEN is_usual THEN ${usual.length} ELSE len(columns_) END AS width_
  FROM (
    SELECT *, CASE WHEN NOT is_usual THEN TRY(from_json(q.columns, '["VARCHAR"]')) END AS columns_
    FROM (
      SELECT *, coalesce(q.columns = ${literal(JSON.stringify(usual))}, false) AS is_usual
      FROM (
        SELECT *, TRY(from_json(request, ${literal(body)})).dataframe_split AS q,
          TRY(from_json(response, ${literal(answer)})) AS a
        FROM ${from}
      )
    )
  )
)`;
};

/** Sets `rows_` in `fresh` by looking: of those that have none, or of all. */
export const countRows = (by: AnsweredBy, version: VersionColumns, which: Looked): string => {
  const unknown = which === 'all' ? '' : 'AND rows_ IS NULL';
  return `
UPDATE fresh SET rows_ = CASE WHEN ragged_ = 0 THEN counted.found_ ELSE 0 END
FROM (
  SELECT *, len(list_filter(q.data, lambda cells: len(cells) IS DISTINCT FROM width_)) AS ragged_
  FROM (${parse(`(SELECT * FROM fresh WHERE ${answeredBy(by)} ${unknown})`, version)})
) counted
WHERE fresh.request_id = counted.request_id`;
};

/**
 * A SELECT of one row per prediction of these requests, values by their columns' names: those rows from
 * one place (the first is 0) to before another. Places follow `rows_`, and a request that does not come to
 * as many has no row, nor has a ragged one, so that their number tells. It is careful with memory: a body
 * of 4 MB may have millions of cells, each of which takes many times its text in every list it is copied to.
 */
export const unpack = (
  by: AnsweredBy,
  version: VersionColumns,
  from: number,
  to: number,
): string => {
  const { features, classes } = version;
  const numeric = isNumeric(version);
  // No WHERE stands between parsing and unnesting: what it asks for would be parsed twice. A sum of
  // whole numbers would have 128 bits, and take longer.
  const placed = `(
      SELECT * FROM (
        SELECT *, (sum(rows_::DOUBLE) OVER (ROWS UNBOUNDED PRECEDING) - rows_)::BIGINT AS place_
        FROM fresh WHERE ${answeredBy(by)} AND rows_ > 0
      ) WHERE place_ < ${to} AND place_ + rows_ > ${from}
    )`;
  return `
SELECT request_id || '-' || i AS example_id, i::INTEGER AS row_index, ${TAKEN.map(name).join(', ')},
  ${features.map((feature, i) => featureColumns(feature, i, numeric)).join('\n  ')}
  ${classes ? CONFIDENCE : ''}
  prediction_ AS ${name(version.prediction)}
FROM (
  SELECT ${TAKEN.map(name).join(', ')}, place_, width_,
    ${features.map(placeOf).join('\n    ')}
    ${isHashed(version) ? hashedFlags(features) : ''}
    ${classes ? 'unnest(CASE WHEN found_ = rows_ THEN list_resize(a.probabilities, rows_) END) AS probabilities_,' : ''}
    unnest(CASE WHEN found_ = rows_ THEN q.data END) AS cells,
    unnest(CASE WHEN found_ = rows_ THEN a.predictions END) AS prediction_,
    unnest(CASE WHEN found_ = rows_ THEN range(rows_) END) AS i
  FROM (${parse(placed, version)})
)
WHERE len(cells) = width_ AND place_ + i >= ${from} AND place_ + i < ${to}`;
};

/** Names of the columns that `unpack` has. */
export const unpackedColumns = ({
  features,
  classes,
  prediction,
}: VersionColumns): readonly string[] => [
  ...BEFORE_FEATURES.map((column) => column.name),
  ...features.flatMap(({ column, hashColumn }) => [column, hashColumn ?? []].flat()),
  ...(classes ? ['confidence', 'probabilities'] : []),
  prediction,
];

const isHashed = ({ features }: VersionColumns): boolean =>
  features.some(({ hashColumn }) => hashColumn !== null);

const isNumeric = ({ features }: VersionColumns): boolean =>
  features.every(({ hashColumn, type }) => hashColumn === null && NUMBERS.has(type));

const placeOf = ({ feature }: Feature, i: number): string =>
  `CASE WHEN is_usual THEN ${i + 1} ELSE list_position(columns_, ${literal(feature)}) END AS p${i},`;

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

/** A SELECT for `_errors` of those of these requests that have no row, with the reason; of all when nobody knows how to parse them. */
export const notUnpacked = (by: AnsweredBy, isKnown: boolean): string => `
WITH parsed AS (
  SELECT *,
    TRY(from_json(request, '{"dataframe_split":{"columns":["VARCHAR"],"data":["JSON"]}}')).dataframe_split AS q,
    TRY(from_json(response, '{"predictions":["JSON"]}')) AS a
  FROM fresh WHERE ${answeredBy(by)} ${isKnown ? 'AND rows_ = 0' : ''}
)
SELECT request_id, request_time, CASE
    WHEN ${!isKnown} THEN 'the columns of the model version are not known'
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
