import type { Command } from 'commander';
import type { Environment } from './environment';
import { reportFailure } from './report-failure';
import type { GlobalOptions } from './session';

/**
 * Runs a program with the user's arguments (without node and script) and gives the exit code: 0
 * fine, 1 failed, 2 called wrongly. It never rejects.
 */
export const run = async (
  program: Command,
  args: readonly string[],
  environment: Environment,
): Promise<number> => {
  // Who reads us may have seen enough: `tidegate logs wine | head`.
  environment.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    if (code === 'EPIPE') process.exit(0);
  });
  // `--version` is an option of commands: a service's version. First, it asks for the program's.
  const [first, ...rest] = args;
  const asked = first === '--version' || first === '-V' ? ['version', ...rest] : [...args];
  try {
    await program.parseAsync(asked, { from: 'user' });
    return 0;
  } catch (error) {
    return reportFailure(environment, error, program.opts<GlobalOptions>());
  }
};
