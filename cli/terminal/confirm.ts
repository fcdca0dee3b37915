import { createInterface } from 'node:readline/promises';
import { CliError } from '../cli-error';
import type { Environment } from '../environment';

/**
 * Asks before something that cannot be undone; `yes` answers beforehand.
 * @throws CliError when the answer is no, or nobody can be asked
 */
export const confirm = async (
  { stdin, stderr }: Pick<Environment, 'stdin' | 'stderr'>,
  question: string,
  yes: boolean,
): Promise<void> => {
  if (yes) return;
  if (!stdin.isTTY || !stderr.isTTY) {
    throw new CliError(`${question} Nobody is there to ask: say --yes.`, { exitCode: 2 });
  }
  const reader = createInterface({ input: stdin, output: stderr });
  try {
    const answer = await new Promise<string>((resolve) => {
      // End of input answers no.
      reader.once('close', () => resolve(''));
      reader.question(`${question} [y/N] `).then(resolve, () => resolve(''));
    });
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError('Left as it is.');
  } finally {
    reader.close();
  }
};
