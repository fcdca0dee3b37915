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

interface Needs {
  readonly athena: AthenaClient;
  readonly database: string;
  /** Has limits for what a statement may read, and a place for results. */
  readonly workGroup: string;
  readonly now: () => Date;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;

/** Has Athena run statements, and waits for them. */
export const queryRunner = ({ athena, database, workGroup, now }: Needs) => {
  const find = async (id: string): Promise<QueryExecution> => {
    const command = new GetQueryExecutionCommand({ QueryExecutionId: id });
    return (await athena.send(command)).QueryExecution ?? {};
  };

  return {
    find,

    /** Starts a statement; answers its id. @throws `overloaded`; `invalid-input` for what Athena does not take */
    async start(sql: string): Promise<string> {
      const start = new StartQueryExecutionCommand({
        QueryString: sql,
        QueryExecutionContext: { Database: database },
        WorkGroup: workGroup,
      });
      const { QueryExecutionId: id = '' } = await athena.send(start).catch((error: unknown) => {
        throw refusalOf(error);
      });
      return id;
    },

    /** Where a statement stands, after a wait for its end of at most `waitMs`. */
    async ended(id: string, waitMs: number): Promise<QueryExecution> {
      const until = now().getTime() + waitMs;
      for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
        const query = await find(id);
        const left = until - now().getTime();
        if (!isRunning(query) || left <= 0) return query;
        await sleep(Math.min(pause, left));
      }
    },

    /** Ends a statement; one that is over stays as it is. */
    async stop(id: string): Promise<void> {
      await athena.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
    },
  };
};

/** Whether a statement is not over. */
export const isRunning = ({ Status }: QueryExecution): boolean =>
  Status?.State === 'QUEUED' || Status?.State === 'RUNNING';

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
