import { type Places, tablesOf } from './places';
import { day, literal } from './quoting';
import type { Statement } from './statement';

/** The days between two on which labels of a service were received, a line each. */
export const daysWithLabels = (
  places: Places,
  service: string,
  from: string,
  to: string,
): Statement => ({
  step: 'days-with-labels',
  sql: `SELECT DISTINCT CAST(received_date AS varchar) FROM ${tablesOf(places).labels}
WHERE service = ${literal(service)} AND received_date BETWEEN ${day(from)} AND ${day(to)} ORDER BY 1`,
});
