import type { Answer } from '../inference/answer';
import { retryRaces } from '../shared/revisions';
import { checkExpected } from './expected-answers';
import type { ModelRecords } from './model-records';
import { recordAnswers } from './record-answers';

interface Needs {
  readonly models: Pick<ModelRecords, 'findVersion' | 'keepExpected'>;
}

/**
 * For a runtime that only the host can start: holds a replica's answer to the example against what
 * is expected, and keeps the first one of a version that came without. Answers the faults, in words.
 */
export const keepFirstAnswers =
  ({ models }: Needs) =>
  (model: string, version: number, answer: Answer): Promise<readonly string[]> =>
    // When another replica was first, its answers are what this one is held against.
    retryRaces(async (write) => {
      const found = await models.findVersion(model, version);
      if (!found?.expected) return [];
      const faults = checkExpected(found.expected, answer);
      if (faults.length > 0 || found.expected.predictions) return faults;
      await write(models.keepExpected(found, recordAnswers(found.expected, answer)));
      return [];
    });
