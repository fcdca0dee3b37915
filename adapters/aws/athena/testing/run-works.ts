import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AthenaClient,
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { ItemReport } from '../build-item';
import type { Chore } from '../chore';
import type { Work } from '../plan-builds';
import type { StatementResult } from '../statement';
import type { Ran, tableBuilder } from '../table-builder';

const POLL_MS = 50;
const ATTEMPTS = 4;

interface Needs {
  readonly athena: AthenaClient;
  readonly builder: Pick<ReturnType<typeof tableBuilder>, 'next'>;
  readonly workGroup: string;
  readonly sweep: (chore: Chore) => Promise<StatementResult>;
  /** By which it is known; of its own when missing. */
  readonly execution?: string;
}

/** What the state machine does with a piece of work: it asks, runs, waits, tries again, and asks again. */
export const runWork =
  ({ athena, builder, workGroup, sweep, execution = 'an-execution' }: Needs) =>
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
    const ran: Ran[] = [];
    for (;;) {
      const advice = await builder.next(work, ran, execution);
      if ('done' in advice) return advice.done;
      if (ran.length === dieAfter) return null;
      if ('wait' in advice) {
        // Seconds of an account are too long here.
        await sleep(POLL_MS);
      } else if ('chore' in advice) {
        ran.push({ chore: await sweep(advice.chore) });
      } else {
        let last = await attempt(advice.statement.sql);
        for (let n = 1; last.why !== '' && n < ATTEMPTS; n += 1) {
          last = await attempt(advice.statement.sql);
        }
        const { step, mayFail = false } = advice.statement;
        if (last.why !== '' && !mayFail) throw new Error(`${step}: ${last.why}`);
        ran.push(last.why === '' ? { query: last.id, step } : { failed: last.why, step });
      }
    }
  };
