import { LABELS } from '../../../core/tables/fixed-columns';
import { LABEL_ROW } from './label-shape';
import { goneLabels, goneOf } from './left-out';
import { type Places, tablesOf } from './places';
import { among, day, literal, name } from './quoting';
import { timeOf } from './record-shape';
import type { Statement } from './statement';
import type { Arrival } from './take-requests';

const FROM_TEXT: Readonly<Record<string, string>> = {
  labelled_at: timeOf('r.labelled_at'),
  received_at: timeOf('r.received_at'),
  received_date: `CAST(${timeOf('r.received_at')} AS date)`,
};

/** Brings labels that were received in some hours of a day into `labels`, each once, and none of what was erased. */
export const takeLabels = (places: Places, { service, date, hours }: Arrival): Statement => {
  const { labels, rawLabels } = tablesOf(places);
  const columns = LABELS.map((column) => name(column.name));
  const cells = LABELS.map((column) => {
    const value = FROM_TEXT[column.name] ?? `r.${name(column.name)}`;
    return `${value} AS ${name(column.name)}`;
  });
  const gone = goneLabels((column) => `c.${column}`, 'c.received_at');
  return {
    step: 'take-labels',
    sql: `MERGE INTO ${labels} t USING (
  WITH arrived AS (
    SELECT TRY(CAST(json_parse(line) AS ${LABEL_ROW})) AS r FROM ${rawLabels}
    WHERE service = ${literal(service)} AND dt = ${literal(date)} AND hour IN ${among(hours)}
  ), cells AS (SELECT ${cells.join(', ')} FROM arrived), ${goneOf(places, service)}
  SELECT DISTINCT c.* FROM cells c ${gone.joins}
  WHERE c.service = ${literal(service)} AND c.received_date = ${day(date)}
    AND c.batch_id IS NOT NULL AND c.position IS NOT NULL AND NOT ${gone.condition}
) s
ON t.service = ${literal(service)} AND t.received_date = ${day(date)}
  AND t.batch_id = s.batch_id AND t.position = s.position
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((column) => `s.${column}`).join(', ')})`,
  };
};
