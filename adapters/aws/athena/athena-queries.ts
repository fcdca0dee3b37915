import {
  type AthenaClient,
  InvalidRequestException,
  type QueryExecution,
} from '@aws-sdk/client-athena';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import type { QueryState, Warehouse } from '../../../core/tables/warehouse';
import { askedQueries } from './asked-queries';
import { firstRows } from './first-rows';
import { queryRunner } from './query-runner';
import { assertReads } from './read-only';

interface Needs {
  readonly athena: AthenaClient;
  /** Remembers which queries were asked here. */
  readonly store: RecordStore;
  readonly database: string;
  /** Has limits for what a statement may read, and a place for results. */
  readonly workGroup: string;
  readonly now: () => Date;
}

/** A statement that runs for longer is ended when somebody looks at it: Athena does so after 30 minutes. */
const LONGEST_MS = 300_000;

/** Of a failure that the statement itself is the cause of. */
const USER_ERROR = 2;

/** Statements over the tables, which Athena answers. */
export const athenaQueries = (
  needs: Needs,
): Pick<Warehouse, 'startQuery' | 'queryState' | 'cancelQuery'> => {
  const { athena, store, now } = needs;
  const runner = queryRunner(needs);
  const queries = askedQueries(store, now);

  const stateOf = async (
    id: string,
    query: QueryExecution,
    maxRows: number,
  ): Promise<QueryState | undefined> => {
    const { State } = query.Status ?? {};
    if (State === 'SUCCEEDED') {
      const result = await firstRows(athena, query, maxRows).catch(unlessGone);
      return (
        result && {
          status: 'succeeded',
          result,
          duration_ms: query.Statistics?.TotalExecutionTimeInMillis ?? 0,
          scanned_bytes: query.Statistics?.DataScannedInBytes ?? 0,
        }
      );
    }
    if (State === 'FAILED') return { status: 'failed', error: failureOf(query) };
    if (State !== 'CANCELLED') {
      if (!isLate(query, now())) return { status: 'running' };
      await runner.stop(id);
      return TOO_LONG;
    }
    // A statement that reads more than its workgroup allows is cancelled, too, and says why.
    if (query.Status?.StateChangeReason?.includes('limit')) {
      return { status: 'failed', error: failureOf(query) };
    }
    return isLate(query, now()) ? TOO_LONG : { status: 'cancelled' };
  };

  return {
    async startQuery(sql, maxRows) {
      assertReads(sql);
      const id = await runner.start(sql);
      await queries.remember(id, { maxRows });
      return id;
    },

    async queryState(id, waitMs) {
      const asked = await queries.find(id);
      return asked ? stateOf(id, await runner.ended(id, waitMs), asked.maxRows) : undefined;
    },

    async cancelQuery(id) {
      if (await queries.find(id)) await runner.stop(id);
    },
  };
};

/** Whether a statement that is not over, or was ended, has run for longer than it may. */
const isLate = (
  { Status: { SubmissionDateTime: from, CompletionDateTime: to } = {} }: QueryExecution,
  at: Date,
) => from !== undefined && (to ?? at).getTime() - from.getTime() >= LONGEST_MS;

const TOO_LONG: QueryState = {
  status: 'failed',
  error: new DomainError(
    'invalid-input',
    `it ran for longer than ${LONGEST_MS / 1_000} s: ask for fewer days or columns`,
  ),
};

/** What was erased may have stood in a result, which is gone then: such a query is forgotten. */
const unlessGone = (error: unknown): undefined => {
  if (!(error instanceof InvalidRequestException)) throw error;
};

/** Why a statement failed: what its author can mend is said, anything else is the platform's. */
const failureOf = ({ Status }: QueryExecution): Error => {
  const reason = Status?.StateChangeReason ?? 'the query failed';
  const isTheirs =
    Status?.State === 'CANCELLED' || Status?.AthenaError?.ErrorCategory === USER_ERROR;
  return isTheirs ? new DomainError('invalid-input', reason) : new Error(reason);
};
