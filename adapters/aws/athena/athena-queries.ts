import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  InvalidRequestException,
  type QueryExecution,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
  TooManyRequestsException,
} from '@aws-sdk/client-athena';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import type { QueryState, Warehouse } from '../../../core/tables/warehouse';
import { firstRows } from './first-rows';
import { assertReads } from './read-only';

interface Needs {
  readonly athena: AthenaClient;
  /** Remembers which queries were asked here: others of the account are nobody's business. */
  readonly store: RecordStore;
  readonly database: string;
  /** Has limits for what a statement may read, and a place for results. */
  readonly workGroup: string;
  readonly now: () => Date;
}

interface Asked {
  readonly maxRows: number;
}

const REMEMBERED_MS = 24 * 3_600_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** Of a failure that the statement itself is the cause of. */
const USER_ERROR = 2;

const keyOf = (id: string) => ({ partition: 'queries', sort: id });

/** Statements over the tables, which Athena answers. */
export const athenaQueries = ({
  athena,
  store,
  database,
  workGroup,
  now,
}: Needs): Pick<Warehouse, 'startQuery' | 'queryState' | 'cancelQuery'> => {
  const find = async (id: string): Promise<QueryExecution> => {
    const command = new GetQueryExecutionCommand({ QueryExecutionId: id });
    return (await athena.send(command)).QueryExecution ?? {};
  };

  const isRunning = ({ Status }: QueryExecution): boolean =>
    Status?.State === 'QUEUED' || Status?.State === 'RUNNING';

  const ended = async (id: string, waitMs: number): Promise<QueryExecution> => {
    const until = now().getTime() + waitMs;
    for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      const query = await find(id);
      const left = until - now().getTime();
      if (!isRunning(query) || left <= 0) return query;
      await sleep(Math.min(pause, left));
    }
  };

  const stateOf = async (query: QueryExecution, { maxRows }: Asked): Promise<QueryState> => {
    const { State } = query.Status ?? {};
    if (State === 'SUCCEEDED') {
      return {
        status: 'succeeded',
        result: await firstRows(athena, query, maxRows),
        duration_ms: query.Statistics?.TotalExecutionTimeInMillis ?? 0,
        scanned_bytes: query.Statistics?.DataScannedInBytes ?? 0,
      };
    }
    if (State === 'FAILED') return { status: 'failed', error: failureOf(query) };
    if (State !== 'CANCELLED') return { status: 'running' };
    // A statement that reads more than its workgroup allows is cancelled, too, and says why.
    return query.Status?.StateChangeReason?.includes('limit')
      ? { status: 'failed', error: failureOf(query) }
      : { status: 'cancelled' };
  };

  return {
    async startQuery(sql, maxRows) {
      assertReads(sql);
      const start = new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Database: database },
        WorkGroup: workGroup,
      });
      const { QueryExecutionId: id = '' } = await athena.send(start).catch((error: unknown) => {
        throw refusalOf(error);
      });
      const put: Asked = { maxRows };
      const expiresAt = new Date(now().getTime() + REMEMBERED_MS);
      await store.transact([{ ...keyOf(id), seen: 0, put, expiresAt }]);
      return id;
    },

    async queryState(id, waitMs) {
      const asked = (await store.get(keyOf(id)))?.document as Asked | undefined;
      return asked ? stateOf(await ended(id, waitMs), asked) : undefined;
    },

    async cancelQuery(id) {
      if (!(await store.get(keyOf(id)))) return;
      await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    },
  };
};

const refusalOf = (error: unknown): unknown => {
  if (error instanceof TooManyRequestsException) {
    return new DomainError('overloaded', 'Athena takes no more queries now: try again', {
      retryAfterS: 5,
    });
  }
  return error instanceof InvalidRequestException
    ? new DomainError('invalid-input', error.message)
    : error;
};

/** Why a statement failed: what its author can mend is said, anything else is the platform's. */
const failureOf = ({ Status }: QueryExecution): Error => {
  const reason = Status?.StateChangeReason ?? 'the query failed';
  const isTheirs =
    Status?.State === 'CANCELLED' || Status?.AthenaError?.ErrorCategory === USER_ERROR;
  return isTheirs ? new DomainError('invalid-input', reason) : new Error(reason);
};
