import type { Duck } from './duckdb';
import type { AnsweredBy } from './unpack-statement';

/** Requests in `fresh` of one service and day that one model version, if any, answered or did not. */
export interface FreshGroup extends AnsweredBy {
  readonly isAnswered: boolean;
  readonly requests: number;
  /** What they come to as far as it is known. */
  readonly rows: number;
  /** Answered requests whose rows nobody has counted. */
  readonly unknown: number;
  readonly firstId: string;
  readonly lastId: string;
}

/** What is in a relation with `fresh`'s columns. */
export const groupsIn = async (duck: Duck, relation: string): Promise<readonly FreshGroup[]> => {
  const groups = await duck.rows(
    `SELECT service, request_date::VARCHAR AS date, model_name AS model, model_version AS version,
       status_code = 200 AS answered, count(*)::INTEGER AS requests, sum(rows_)::INTEGER AS rows,
       count(*) FILTER (status_code = 200 AND rows_ IS NULL)::INTEGER AS unknown,
       min(request_id) AS first, max(request_id) AS last
     FROM ${relation} GROUP BY ALL ORDER BY ALL`,
  );
  return groups.map((row) => ({
    ...{ service: String(row.service), date: String(row.date) },
    model: row.model === null ? null : String(row.model),
    modelVersion: row.version === null ? null : Number(row.version),
    isAnswered: row.answered === true,
    ...{
      requests: Number(row.requests),
      rows: Number(row.rows ?? 0),
      unknown: Number(row.unknown),
    },
    ...{ firstId: String(row.first), lastId: String(row.last) },
  }));
};
