import { TrinoError } from '../../../../infra-tests/trino/client';
import type { Trino } from '../../../../infra-tests/trino/describe-trino';
import type { Statement, StatementResult } from '../statement';
import type { Steps } from '../steps';

type Run = ReturnType<Trino['client']>['query'];

const ATTEMPTS = 6;
/** Nothing waits here, and no object lies in S3. */
const NOTHING: StatementResult = { rows: [], written: null };

/** Runs a statement on Trino, again when another writer was faster, as the state machine does. */
export const runStatement = async (
  run: Run,
  { step, sql }: Statement,
): Promise<StatementResult> => {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const { rows, updateCount = null } = await run(sql);
      const texts = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
      return { rows: texts, written: updateCount };
    } catch (error) {
      const isRace = error instanceof TrinoError && error.errorName === 'ICEBERG_COMMIT_ERROR';
      if (!isRace || attempt === ATTEMPTS) throw new Error(`${step}: ${error}`, { cause: error });
    }
  }
};

/** Does work to its end, or until so many statements are done: then it answers `null`. */
export const runSteps = async <T>(
  steps: Steps<T>,
  run: (statement: Statement) => Promise<StatementResult>,
  dieAfter = Number.POSITIVE_INFINITY,
): Promise<T | null> => {
  let next = steps.next();
  for (let done = 0; !next.done; done += 1) {
    if (done === dieAfter) return null;
    next = steps.next('sql' in next.value ? await run(next.value) : NOTHING);
  }
  return next.value;
};
