import type { Command } from 'commander';
import { whole } from './option-values';

/** Adds examples to a command's help. */
export const withExample = (command: Command, ...lines: readonly string[]): Command =>
  command.addHelpText(
    'after',
    `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  $ ${line}`).join('\n')}`,
  );

const MOST_ITEMS = 1_000_000;

/** Adds what every list takes. */
export const withList = (command: Command, limit = 100): Command =>
  command
    .option('--limit <items>', 'how many at most', whole(1, MOST_ITEMS), limit)
    .option('--page [cursor]', 'one page as the platform answers it, with its next_cursor');

const WAIT_S = 300;

/** Adds `--wait`. */
export const withWait = (command: Command): Command =>
  command
    .option('--wait', 'until it is in force')
    .option('--wait-timeout <seconds>', 'how long to wait', whole(1, 86_400), WAIT_S);

/** Options of what can be waited for. */
export interface WaitOptions {
  readonly wait?: true;
  readonly waitTimeout: number;
}
