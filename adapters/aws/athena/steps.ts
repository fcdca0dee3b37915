import type { Chore } from './chore';
import type { Statement, StatementResult } from './statement';

/**
 * What work waits for: the end of all executions that began before its last statement ended, or that no
 * statement still writes files that nothing names yet.
 */
export type Until = 'older-runs-end' | 'files-settle';

/** One step of work. */
export type Step = Statement | { readonly chore: Chore } | { readonly until: Until };

/** Work that asks for steps to be done one after the other; each gets its result back, a wait an empty one. */
export type Steps<T> = Generator<Step, T, StatementResult>;

/** What is to be done next, after so many seconds, or what the work came to. */
export type NextStep<T> =
  | { readonly statement: Statement }
  | { readonly chore: Chore }
  | { readonly wait: number }
  | { readonly done: T };

/** What a step came to; of a statement with its name. */
export type StepResult = StatementResult & { readonly step?: string | undefined };

const NOTHING: StatementResult = { rows: [], written: null };

/**
 * Goes on with work of which some steps have been done. Work is begun anew and given their results:
 * between two steps it lives nowhere, so that a process may end there. A wait leaves no result: it is
 * over when something behind it has one, or when `secondsLeft` says so.
 * @throws when a result is of another step than the one that is asked for: what there is to do has changed
 */
export const nextStep = async <T>(
  steps: Steps<T>,
  results: readonly StepResult[],
  secondsLeft: (until: Until) => Promise<number>,
): Promise<NextStep<T>> => {
  let next = steps.next();
  for (const result of results) {
    while (!next.done && 'until' in next.value) next = steps.next(NOTHING);
    if (next.done) throw new RangeError('more results than steps');
    const asked = 'sql' in next.value ? next.value.step : undefined;
    if (result.step !== undefined && result.step !== asked) {
      throw new RangeError(
        'there is something else to do than when it began: the next build does it',
      );
    }
    next = steps.next(result);
  }
  for (;;) {
    if (next.done) return { done: next.value };
    const step = next.value;
    if ('sql' in step) return { statement: step };
    if ('chore' in step) return { chore: step.chore };
    const wait = await secondsLeft(step.until);
    if (wait > 0) return { wait };
    next = steps.next(NOTHING);
  }
};
