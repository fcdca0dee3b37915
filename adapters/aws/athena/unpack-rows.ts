import { ERRORS } from '../../../core/tables/fixed-columns';
import type { VersionColumns } from '../../../core/tables/service-table';
import { type AnsweringModel, answeredBy, judged, TAKEN, within } from './answered';
import {
  cellsOf,
  featureCells,
  outputCell,
  PROBABILITIES,
  placesOf,
  readTexts,
} from './feature-cells';
import { type Places, tablesOf } from './places';
import { days, literal, name } from './quoting';
import type { Statement } from './statement';
import type { Window } from './take-requests';

/** Brings the rows of a window's requests that one model version answered into its service's table, each once. */
export const unpackRows = (
  places: Places,
  window: Window,
  by: AnsweringModel,
  version: VersionColumns,
): Statement => {
  const { features, classes } = version;
  const cells = [
    ...['example_id', 'row_index', ...TAKEN].map((column) => ({ column, value: name(column) })),
    ...features.flatMap(featureCells),
    { column: version.prediction, value: outputCell('prediction_', version.output) },
    ...(classes ? PROBABILITIES : []),
  ];
  const names = cells.map(({ column }) => name(column));
  const probabilities = classes
    ? `TRY_CAST(json_extract(a, '$.probabilities') AS array(json))`
    : 'CAST(NULL AS array(json))';
  return {
    step: 'unpack-rows',
    sql: `MERGE INTO ${tablesOf(places).rows(window.service)} t USING (
  WITH ${judged(places, window, by)}, placed AS (
    SELECT *, transform(data_, d -> CAST(d AS array(json))) AS cells_, ${placesOf(features)} AS places_,
      ${probabilities} AS probabilities_
    FROM judged WHERE reason IS NULL
  ), exploded AS (
    SELECT ${TAKEN.map((column) => `j.${name(column)}`).join(', ')},
      j.request_id || '-' || CAST(u.position_ - 1 AS varchar) AS example_id,
      CAST(u.position_ - 1 AS integer) AS row_index, u.prediction_, u.probability_,
      ${cellsOf(features)}
    FROM placed j CROSS JOIN UNNEST(j.cells_, j.predictions_, j.probabilities_)
      WITH ORDINALITY AS u(cells, prediction_, probability_, position_)
    WHERE u.position_ <= cardinality(j.cells_)
  ), read AS (${readTexts(features, 'exploded')})
  SELECT ${cells.map(({ value }, i) => `${value} AS c${i}`).join(', ')} FROM read
) s
ON t.example_id = s.c0 AND ${within(window, 't.')}
WHEN NOT MATCHED THEN INSERT (${names.join(', ')}) VALUES (${cells.map((_, i) => `s.c${i}`).join(', ')})`,
  };
};

/** Brings those of a window's answered requests that have no rows into the service's errors, each once. */
export const keepErrors = (
  places: Places,
  window: Window,
  by: AnsweringModel,
  version: VersionColumns | undefined,
): Statement => {
  const { requests, errors } = tablesOf(places);
  const columns = ERRORS.map((column) => name(column.name));
  const source = version
    ? `WITH ${judged(places, window, by)} SELECT ${columns.join(', ')} FROM judged WHERE reason IS NOT NULL`
    : `SELECT ${columns.map((column) => (column === '"reason"' ? `'the columns of the model version are not known' AS ${column}` : column)).join(', ')}
  FROM ${requests} WHERE ${answeredBy(window, by)}`;
  return {
    step: 'keep-errors',
    sql: `MERGE INTO ${errors(window.service)} t USING (
  ${source}
) s
ON t.request_id = s.request_id AND ${within(window, 't.')}
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((column) => `s.${column}`).join(', ')})`,
  };
};

/**
 * Checks a window: how many answered requests have neither rows nor an error, and how many rows are
 * there more than once; and tells how many labels were received on some days, and how many of them by
 * clients' ids.
 */
export const checkWindow = (
  places: Places,
  window: Window,
  received: readonly string[],
): Statement => {
  const { requests, rows, errors, labels } = tablesOf(places);
  const { service } = window;
  const came = `${labels} WHERE service = ${literal(service)} AND received_date IN ${days(received)}`;
  return {
    step: 'check-window',
    sql: `SELECT
  (SELECT count(*) FROM (
    SELECT request_id FROM ${requests} WHERE service = ${literal(service)} AND ${within(window)} AND status_code = 200
    EXCEPT (SELECT request_id FROM ${rows(service)} WHERE ${within(window)}
      UNION SELECT request_id FROM ${errors(service)} WHERE ${within(window)}))),
  (SELECT count(*) - count(DISTINCT example_id) FROM ${rows(service)} WHERE ${within(window)}),
  (SELECT count(*) FROM ${came}),
  (SELECT count(*) FROM ${came} AND client_request_id IS NOT NULL)`,
  };
};

/** The model versions that answered requests of a window. */
export const answeringModels = (places: Places, window: Window): Statement => ({
  step: 'answering-models',
  sql: `SELECT DISTINCT model_name, CAST(model_version AS varchar) FROM ${tablesOf(places).requests}
WHERE service = ${literal(window.service)} AND ${within(window)} AND status_code = 200 ORDER BY 1, 2`,
});
