import type { Duck, Row } from './duckdb';
import type { SameValue } from './parquet-same';
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
  /** Columns that are the same in all of them, and what. */
  readonly same: ReadonlyMap<string, SameValue>;
}

/** Columns that often are the same in all requests of a group. */
const OFTEN_SAME = 'service_version role primary_request_id sampling_fraction requester'.split(' ');
const RANGES = OFTEN_SAME.map(
  (of) => `min(${of}) AS ${of}, max(${of}) AS last_${of}, count(${of})::INTEGER AS known_${of}`,
);

/** What is in a relation with `fresh`'s columns. */
export const groupsIn = async (
  duck: Pick<Duck, 'rows'>,
  relation: string,
): Promise<readonly FreshGroup[]> => {
  const groups = await duck.rows(
    `SELECT * REPLACE (date::VARCHAR AS date) FROM (
       SELECT service, request_date AS date, model_name AS model, model_version AS version,
         status_code = 200 AS answered, count(*)::INTEGER AS requests, sum(rows_)::INTEGER AS rows,
         count(*) FILTER (status_code = 200 AND rows_ IS NULL)::INTEGER AS unknown,
         min(request_id) AS first, max(request_id) AS last, ${RANGES.join(', ')}
       FROM ${relation} GROUP BY ALL
     ) ORDER BY ALL`,
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
    same: sameIn(row),
  }));
};

const sameIn = (row: Row): FreshGroup['same'] => {
  const same = new Map<string, SameValue>([
    ['service', String(row.service)],
    ['model_name', row.model === null ? null : String(row.model)],
    ['model_version', row.version === null ? null : Number(row.version)],
  ]);
  for (const of of OFTEN_SAME) {
    const [first, last, known] = [row[of], row[`last_${of}`], row[`known_${of}`]];
    if (known === 0) same.set(of, null);
    else if (known === row.requests && first === last) same.set(of, first as SameValue);
  }
  return same;
};
