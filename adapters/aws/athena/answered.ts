import { BEFORE_FEATURES } from '../../../core/tables/fixed-columns';
import { type Places, tablesOf } from './places';
import { days, literal, name } from './quoting';
import type { Window } from './take-requests';

/** A model version that answered requests; null when it is not known. */
export interface AnsweringModel {
  readonly model: string | null;
  readonly version: number | null;
}

/** Columns of `requests` that a row takes over as they are. */
export const TAKEN = BEFORE_FEATURES.map((column) => column.name).filter(
  (column) => column !== 'example_id' && column !== 'row_index',
);

/** Which rows of a table belong to a window; `prefix` is the table's alias with its dot. */
export const within = ({ dates, firstId, lastId }: Window, prefix = ''): string =>
  `${prefix}request_date IN ${days(dates)} AND ${prefix}request_id BETWEEN ${literal(firstId)} AND ${literal(lastId)}`;

/** A condition on requests: those of a window that a model version answered with 200. */
export const answeredBy = (window: Window, { model, version }: AnsweringModel): string =>
  `service = ${literal(window.service)} AND ${within(window)} AND status_code = 200 AND ` +
  `${model === null ? 'model_name IS NULL' : `model_name = ${literal(model)}`} AND ` +
  `${version === null ? 'model_version IS NULL' : `model_version = ${Math.trunc(version)}`}`;

/**
 * Answered requests with the parts of their bodies and, in `reason`, why one has no rows; null where it
 * has. `columns_` are the names of its columns, `data_` and `predictions_` JSON values, one per row.
 */
export const judged = (places: Places, window: Window, by: AnsweringModel): string => `
  parsed AS (
    SELECT ${TAKEN.map(name).join(', ')}, row_count, request, response,
      TRY(json_parse(request)) AS q, TRY(json_parse(response)) AS a
    FROM ${tablesOf(places).requests} WHERE ${answeredBy(window, by)}
  ), shaped AS (
    SELECT *, TRY_CAST(json_extract(q, '$.dataframe_split.columns') AS array(varchar)) AS columns_,
      TRY_CAST(json_extract(q, '$.dataframe_split.data') AS array(json)) AS data_,
      TRY_CAST(json_extract(q, '$.dataframe_split.hashed') AS array(varchar)) AS hashed_,
      TRY_CAST(json_extract(a, '$.predictions') AS array(json)) AS predictions_
    FROM parsed
  ), judged AS (
    SELECT *, CASE
      WHEN data_ IS NULL OR columns_ IS NULL THEN 'the request is not a table'
      WHEN predictions_ IS NULL THEN 'the answer has no predictions'
      WHEN cardinality(data_) <> cardinality(predictions_) THEN
        concat(CAST(cardinality(data_) AS varchar), ' rows, ', CAST(cardinality(predictions_) AS varchar), ' predictions')
      WHEN cardinality(data_) <> row_count THEN
        concat(CAST(cardinality(data_) AS varchar), ' rows, ', CAST(row_count AS varchar), ' counted when they were answered')
      WHEN cardinality(data_) = 0 THEN 'no rows'
      WHEN any_match(data_, cells -> COALESCE(json_array_length(cells) <> cardinality(columns_), true)) THEN
        'a row has another number of cells than there are columns'
      END AS reason
    FROM shaped
  )`;
