import type { AthenaClient } from '@aws-sdk/client-athena';
import type { CapturedRequest, CapturedRequests } from '../../../core/capture/captured-requests';
import { DomainError } from '../../../core/shared/domain-error';
import {
  requestsOf,
  requestsPage,
  requestsStatements,
} from '../../../core/tables/requests-statement';
import type { QueryRows } from '../../../core/tables/warehouse';
import { firstRows } from './first-rows';
import { isRunning, queryRunner } from './query-runner';
import { literal, name } from './quoting';

interface Needs {
  readonly athena: AthenaClient;
  readonly database: string;
  readonly workGroup: string;
  readonly now: () => Date;
  /** Told why a statement of ours failed. */
  readonly report: (error: unknown) => void;
  /** Milliseconds that a look-up may take. */
  readonly longestMs?: number;
}

/** API Gateway waits 29 s. */
const LONGEST_MS = 25_000;
/** Bytes of JSON that an answer may have, of the 6 MB that Lambda passes on as base64. */
const MOST_BYTES = 4_500_000;

/** Finds captured requests in the tables; what is not built yet is not found. */
export const athenaRequests = (needs: Needs): CapturedRequests => {
  const { athena, database, report, longestMs = LONGEST_MS } = needs;
  const runner = queryRunner(needs);
  const table = `${name(database)}.${name('requests')}`;
  const statements = requestsStatements({ table, name, literal });

  /** @throws `unavailable` when it takes too long, or fails */
  const select = async (sql: string, maxRows: number): Promise<QueryRows> => {
    const id = await runner.start(sql);
    const query = await runner.ended(id, longestMs);
    if (query.Status?.State === 'SUCCEEDED') return firstRows(athena, query, maxRows, true);
    if (isRunning(query)) {
      await runner.stop(id);
      const why = 'Athena takes too long: name a shorter time, or ask inference.requests with SQL';
      throw new DomainError('unavailable', why, { retryAfterS: 5 });
    }
    report(new Error(`a look-up failed: ${query.Status?.StateChangeReason}`));
    const why = 'the table of requests cannot be read now: try again in a minute';
    throw new DomainError('unavailable', why, { retryAfterS: 60 });
  };

  return {
    async get(service, requestId) {
      const sql = statements.byId(service, requestId);
      return sql === null ? undefined : withinAnswer(requestsOf(await select(sql, 1)))[0];
    },

    async find(filter) {
      const page = requestsPage(
        await select(statements.page(filter), filter.limit + 1),
        filter.limit,
      );
      return { ...page, items: withinAnswer(page.items) };
    },
  };
};

/** Only one alone may be too large: others are left for the next page. */
const withinAnswer = (items: readonly CapturedRequest[]): readonly CapturedRequest[] => {
  const [first] = items;
  if (first && items.length === 1 && Buffer.byteLength(JSON.stringify(first)) > MOST_BYTES) {
    const why = `the bodies of request ${first.request_id} are larger than an answer can be: ask for them with SQL, in parts (substr(request, 1, 1000000))`;
    throw new DomainError('bad-request', why);
  }
  return items;
};
