import type { Statement, StatementResult } from './statement';

/** Work that asks for statements to be run one after the other; each gets its result back. */
export type Steps<T> = Generator<Statement, T, StatementResult>;

/** What is to be run next, or what the work came to. */
export type NextStep<T> = { readonly statement: Statement } | { readonly done: T };

/**
 * Goes on with work of which some statements have been run. Work is begun anew and given their results:
 * between two statements it lives nowhere, so that a process may end there.
 */
export const nextStep = <T>(steps: Steps<T>, results: readonly StatementResult[]): NextStep<T> => {
  let next = steps.next();
  for (const result of results) {
    if (next.done) throw new RangeError('more results than statements');
    next = steps.next(result);
  }
  return next.done ? { done: next.value } : { statement: next.value };
};
