import { LABEL_COLUMNS, LABEL_ROW } from './label-shape';
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

/** Brings labels that were received in some hours of a day into `labels`, each once. */
export const takeLabels = (places: Places, { service, date, hours }: Arrival): Statement => {
  const { labels, rawLabels } = tablesOf(places);
  const columns = LABEL_COLUMNS.map((column) => name(column.name));
  const cells = LABEL_COLUMNS.map((column) => {
    const value = FROM_TEXT[column.name] ?? `r.${name(column.name)}`;
    return `${value} AS ${name(column.name)}`;
  });
  return {
    step: 'take-labels',
    sql: `MERGE INTO ${labels} t USING (
  WITH arrived AS (
    SELECT TRY(CAST(json_parse(line) AS ${LABEL_ROW})) AS r FROM ${rawLabels}
    WHERE service = ${literal(service)} AND dt = ${literal(date)} AND hour IN ${among(hours)}
  ), cells AS (SELECT ${cells.join(', ')} FROM arrived)
  SELECT DISTINCT * FROM cells WHERE service = ${literal(service)} AND received_date = ${day(date)}
    AND batch_id IS NOT NULL AND position IS NOT NULL
) s
ON t.service = ${literal(service)} AND t.received_date = ${day(date)}
  AND t.batch_id = s.batch_id AND t.position = s.position
WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) VALUES (${columns.map((column) => `s.${column}`).join(', ')})`,
  };
};
