import type { MappedColumn } from '../../../core/tables/service-table';
import { within } from './answered';
import { typedLabel } from './label-shape';
import { type Places, tablesOf } from './places';
import { days, literal, name } from './quoting';
import type { Statement } from './statement';
import type { Window } from './take-requests';

/** Labels of a service by when they were received. */
export interface ReceivedLabels {
  readonly service: string;
  /** `YYYY-MM-DD`, at most 90. */
  readonly dates: readonly string[];
  /** RFC 3339 in UTC: received from then on, and before; all of these days when missing. */
  readonly between?: readonly [string, string];
}

/** Which column of a service's table a model version's labels stand in. */
export interface LabelPlace {
  readonly model: string;
  readonly version: number;
  readonly label: string;
}

/** Requests that come so long after a label by their client's id still get it. */
const CLIENT_HOURS = 24;

const time = (text: string): string =>
  `TIMESTAMP ${literal(new Date(text).toISOString().slice(0, -1).replace('T', ' '))}`;

const received = ({ service, dates, between }: ReceivedLabels): string =>
  `l.service = ${literal(service)} AND l.received_date IN ${days(dates)}` +
  (between
    ? ` AND l.received_at >= ${time(between[0])} AND l.received_at < ${time(between[1])}`
    : '');

/** Labels with the examples they mean; those by a client's id once for each request that carried it. */
const meant = (places: Places, from: ReceivedLabels, window: Window | null): string => {
  const { labels, requests } = tablesOf(places);
  const columns = 'l.label, l.labelled_at, l.received_at, l.batch_id, l.position';
  const asked = `q.service = ${literal(from.service)} AND q.status_code = 200${window ? ` AND ${within(window, 'q.')}` : ''}`;
  return `
  SELECT COALESCE(l.example_id, l.request_id || '-' || CAST(l.row_index AS varchar)) AS example_id,
    CAST(NULL AS varchar) AS asked, ${columns}
  FROM ${labels} l WHERE ${received(from)} AND l.client_request_id IS NULL
  UNION ALL
  SELECT q.request_id || '-' || CAST(l.row_index AS varchar), COALESCE(q.primary_request_id, q.request_id), ${columns}
  FROM ${labels} l JOIN ${requests} q ON q.client_request_id = l.client_request_id
    AND l.row_index < q.row_count AND q.request_time <= l.received_at + INTERVAL '${CLIENT_HOURS}' HOUR
  WHERE ${received(from)} AND l.client_request_id IS NOT NULL AND ${asked}`;
};

/**
 * Looks for what labels mean: a line for each day of their examples, with the first and last example;
 * and one with a null day for how many labels by a client's id mean several requests.
 */
export const lookAtLabels = (places: Places, from: ReceivedLabels): Statement => ({
  step: 'look-at-labels',
  sql: `WITH meant AS (${meant(places, from, null)}), dated AS (
  SELECT example_id, CAST(from_unixtime(TRY(from_base(replace(substr(example_id, 1, 13), '-', ''), 16)) / 1000) AS date) AS asked_on
  FROM meant
)
SELECT CAST(asked_on AS varchar), min(example_id), max(example_id) FROM dated WHERE asked_on IS NOT NULL GROUP BY 1
UNION ALL
SELECT NULL, CAST(count(*) AS varchar), NULL FROM (
  SELECT batch_id, position FROM meant WHERE asked IS NOT NULL GROUP BY 1, 2 HAVING count(DISTINCT asked) > 1
)`,
});

/**
 * Gives the rows of a window the labels that mean them and are later than their own; the latest of
 * several, then the latest received.
 */
export const labelRows = (
  places: Places,
  from: ReceivedLabels,
  window: Window,
  columns: readonly Pick<MappedColumn, 'kind' | 'name' | 'type'>[],
  versions: readonly LabelPlace[],
): Statement => {
  const rank =
    'CAST(ROW(labelled_at, received_at, batch_id, position) AS ROW(a timestamp(6), b timestamp(6), c varchar, d integer))';
  const set = columns
    .filter(({ kind }) => kind === 'label')
    .map((column) => `${name(column.name)} = ${nextOf(column, versions)}`);
  return {
    step: 'label-rows',
    sql: `MERGE INTO ${tablesOf(places).rows(from.service)} t USING (
  WITH meant AS (${meant(places, from, window)})
  SELECT example_id, max_by(label, ${rank}) AS label, max(labelled_at) AS labelled_at,
    max_by(received_at, ${rank}) AS received_at
  FROM meant WHERE example_id BETWEEN ${literal(window.firstId)} AND ${literal(`${window.lastId}.`)} GROUP BY example_id
) s
ON t.example_id = s.example_id AND ${within(window, 't.')}
WHEN MATCHED AND (t.labelled_at IS NULL OR s.labelled_at > t.labelled_at
  OR (s.labelled_at = t.labelled_at AND s.received_at > t.label_received_at))
THEN UPDATE SET ${[...set, 'labelled_at = s.labelled_at', 'label_received_at = s.received_at'].join(', ')}`,
  };
};

const nextOf = (
  column: Pick<MappedColumn, 'name' | 'type'>,
  versions: readonly LabelPlace[],
): string => {
  const value = typedLabel('s.label', column.type);
  const here = versions.filter(({ label }) => label === column.name);
  // Of several columns a row's label stands in the one of its model version.
  if (here.length === versions.length) return value;
  if (here.length === 0) return `t.${name(column.name)}`;
  const isHere = here
    .map(
      ({ model, version }) =>
        `(t.model_name = ${literal(model)} AND t.model_version = ${Math.trunc(version)})`,
    )
    .join(' OR ');
  return `CASE WHEN ${isHere} THEN ${value} END`;
};
