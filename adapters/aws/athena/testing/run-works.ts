import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { ItemReport } from '../build-item';
import type { Work } from '../plan-builds';
import type { tableBuilder } from '../table-builder';

const POLL_MS = 50;
const ATTEMPTS = 4;

interface Needs {
  readonly athena: AthenaClient;
  readonly builder: ReturnType<typeof tableBuilder>;
  readonly workGroup: string;
}

/** What the state machine does with a piece of work: it asks, runs, waits, tries again, and asks again. */
export const runWork =
  ({ athena, builder, workGroup }: Needs) =>
  async (work: Work, dieAfter = Number.POSITIVE_INFINITY): Promise<ItemReport | null> => {
    const attempt = async (sql: string): Promise<{ readonly id: string; readonly why: string }> => {
      const started = await athena
        .send(new StartQueryExecutionCommand({ QueryString: sql, WorkGroup: workGroup }))
        .catch((error: Error) => ({ QueryExecutionId: '', why: error.name }));
      const { QueryExecutionId: id = '' } = started;
      if ('why' in started) return { id, why: started.why };
      for (;;) {
        const command = new GetQueryExecutionCommand({ QueryExecutionId: id });
        const { Status } = (await athena.send(command)).QueryExecution ?? {};
        if (Status?.State === 'SUCCEEDED') return { id, why: '' };
        if (Status?.State === 'FAILED') return { id, why: Status.StateChangeReason ?? 'failed' };
        await sleep(POLL_MS);
      }
    };
    const queries: string[] = [];
    for (;;) {
      const advice = await builder.next(work, queries);
      if ('done' in advice) return advice.done;
      if (queries.length === dieAfter) return null;
      let last = await attempt(advice.statement.sql);
      for (let n = 1; last.why !== '' && n < ATTEMPTS; n += 1) {
        last = await attempt(advice.statement.sql);
      }
      if (last.why !== '') throw new Error(`${advice.statement.step}: ${last.why}`);
      queries.push(last.id);
    }
  };
