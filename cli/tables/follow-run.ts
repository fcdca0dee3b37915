import { CliError } from '../cli-error';
import type { AnswerTo } from '../control-api';
import type { Session } from '../session';
import { interruptible } from '../terminal/interrupt';

type Run = AnswerTo<'GET /api/services/{service}/tables/runs/{run}'>;

/** A run that has succeeded, with what it came to. */
interface EndedRun {
  readonly run_id: string;
  readonly kind: Run['kind'];
  readonly requests: number;
  readonly rows: number;
  readonly errors: number;
  readonly labels: number;
}

/** How long a call is waited for: until it takes too long, or is given up. */
interface Patience {
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

interface Followed<T> {
  readonly service: string;
  /** What is being done, for people. */
  readonly doing: string;
  /** Asks for it: answers what came of it, or an id to ask again. */
  readonly begin: (patience: Patience) => Promise<T | { readonly run_id: string }>;
  /** What would have been answered, had it not taken so long. */
  readonly answerOf: (run: EndedRun) => T;
}

/** The platform itself waits 25 seconds for a run that it is asked for. */
const TIMEOUT_MS = 60_000;

/**
 * Has work on tables done and follows it to its end; Ctrl-C leaves it running.
 * @throws CliError when it fails, and when it is no longer waited for: that says how to look again
 */
export const runToEnd = <T extends { readonly rows: number }>(
  session: Session,
  { service, doing, begin, answerOf }: Followed<T>,
): Promise<T> =>
  interruptible(async (signal) => {
    const progress = session.progress();
    progress.update(`${doing}, Ctrl-C leaves it running`);
    try {
      const begun = await begin({ timeoutMs: TIMEOUT_MS, signal }).catch((error: unknown) => {
        throw signal.aborted ? left(`tidegate tables status ${service}`) : error;
      });
      if ('rows' in begun) return begun;
      return answerOf(await endOf(session, service, begun.run_id, signal));
    } finally {
      progress.done();
    }
  });

/** Follows a run that was begun before. @throws CliError as `runToEnd` does */
export const followRun = (session: Session, service: string, run: string): Promise<EndedRun> =>
  interruptible(async (signal) => {
    const progress = session.progress();
    progress.update('the tables are worked on, Ctrl-C leaves it running');
    return endOf(session, service, run, signal).finally(progress.done);
  });

const endOf = async (
  { call }: Session,
  service: string,
  run: string,
  signal: AbortSignal,
): Promise<EndedRun> => {
  const again = `tidegate tables status ${service} --run ${run}`;
  for (;;) {
    const patience: Patience = { timeoutMs: TIMEOUT_MS, signal };
    const state = await call('GET /api/services/{service}/tables/runs/{run}', {
      ...{ path: { service, run }, ...patience },
    }).catch((error: unknown) => {
      throw signal.aborted ? left(again) : unasked(error, again);
    });
    const { run_id, kind, status, requests, rows, errors, labels, error } = state;
    if (status === 'failed') throw new CliError(error ?? 'the work on the tables failed');
    if (status === 'succeeded') {
      return {
        ...{ run_id, kind, requests: requests ?? 0, rows: rows ?? 0 },
        ...{ errors: errors ?? 0, labels: labels ?? 0 },
      };
    }
  }
};

const left = (again: string): CliError =>
  new CliError('no longer waited for: the platform goes on with it', {
    hint: `look again: ${again}`,
  });

/** Of a platform that cannot be asked where a run stands: the run itself may well go on. */
const unasked = (error: unknown, again: string): unknown => {
  if (!(error instanceof CliError) || error.problem?.status === 404) return error;
  const { message, problem } = error;
  return new CliError(message, {
    ...{ hint: `look again: ${again}`, cause: error },
    ...(problem && { problem }),
  });
};
