import type { Outcome } from '../../adapters/aws/sagemaker-host/sagemaker-host';
import type { RecordStore } from '../../core/shared/record-store';
import { retryRaces, unlessRaced } from '../../core/shared/revisions';

/** Whom to tell that a resource of a stack is there. */
export interface Asker {
  readonly ResponseURL: string;
  readonly StackId: string;
  readonly RequestId: string;
  readonly LogicalResourceId: string;
}

interface Needs {
  readonly store: RecordStore;
  readonly now: () => Date;
  /** The services of the manifest. */
  readonly names: () => Promise<readonly string[]>;
  /** Whether a service runs; one that is not there, or is stopped, has nothing to be careful with. */
  readonly runs: (service: string) => Promise<boolean>;
  /** Whether the manifest was followed, and what came of it applied, since a moment. */
  readonly isApplied: (service: string, since: number) => Promise<boolean>;
  readonly outcome: (service: string) => Promise<Outcome>;
  readonly answer: (asker: Asker, outcome: Answered) => Promise<void>;
}

/** What CloudFormation is told. */
export interface Answered {
  readonly Status: 'SUCCESS' | 'FAILED';
  readonly Reason: string;
}

interface Waiting {
  readonly asker: Asker;
  readonly since: string;
}

const key = { partition: 'deployments', sort: 'waiting' };
/** CloudFormation waits for an hour. */
const MOST_MS = 55 * 60_000;
const SUCCESS: Answered = { Status: 'SUCCESS', Reason: '' };

/**
 * A deployment of a manifest goes on to the stacks of its services when the services that run have
 * been brought to what it says, beside what ran and past their gates: what the CDK deploys then is
 * what is there. Where one cannot be, the deployment fails, and says why.
 */
export const waitingDeployment = (needs: Needs) => {
  const { store, now } = needs;

  const write = (put: Waiting): Promise<void> =>
    retryRaces(async (guarded) => {
      const seen = (await store.get(key))?.revision ?? 0;
      const expiresAt = new Date(now().getTime() + MOST_MS + 60_000);
      await guarded(store.transact([{ ...key, seen, put, expiresAt }]));
    });

  const answerOf = async (begun: string, since: number): Promise<Answered | null> => {
    for (const name of await needs.names()) {
      if (!(await needs.runs(name))) continue;
      const outcome = await needs.outcome(name);
      if (outcome === 'none') continue;
      const isApplied = await needs.isApplied(name, since);
      if (isApplied && typeof outcome === 'object') {
        return { Status: 'FAILED', Reason: `${name} stays as it was: ${outcome.refusal}` };
      }
      if (isApplied && outcome === 'in-force') continue;
      const isLate = now().getTime() - Date.parse(begun) > MOST_MS;
      const Reason = `${name} is not yet what the manifest says: look at its events, and deploy again`;
      return isLate ? { Status: 'FAILED', Reason } : null;
    }
    return SUCCESS;
  };

  return {
    /** From here on the deployment waits; a newer one takes the place of an older one. */
    begin: (asker: Asker): Promise<void> => write({ asker, since: now().toISOString() }),

    /** Answers a deployment that waits, when there is something to answer. @param since when this look at all services began */
    async look(since: number): Promise<void> {
      const found = await store.get(key);
      if (!found) return;
      const waiting = found.document as Waiting;
      const answered = await answerOf(waiting.since, since);
      if (!answered) return;
      await needs.answer(waiting.asker, answered);
      // Unless another has begun meanwhile.
      await unlessRaced(store.transact([{ ...key, seen: found.revision, remove: true }]));
    },
  };
};
