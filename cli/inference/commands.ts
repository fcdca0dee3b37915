import { type Command, InvalidArgumentError, Option } from 'commander';
import { withExample } from '../command-parts';
import { whole } from '../option-values';
import type { Act } from '../session';
import { compare } from './compare';
import { predict } from './predict';

const FILE = ['[file]', 'rows as JSON or CSV; stdin when left out or -'] as const;
const MOST_ROWS = 10_000;

/** `predict` and `compare`. */
export const addInference = (program: Command, act: Act): void => {
  withExample(
    withInput(program.command('predict'))
      .description('Send rows to a service; a CSV of any size is sent in calls it can take')
      .argument('<service>', "the service's name")
      .argument(...FILE)
      .option('--version <version>', 'ask this running version', headerText)
      .option('--split-key <text>', 'the same text is answered by the same version', headerText)
      .option('--client-request-id <id>', 'your own id for the request', headerText)
      .option('--batch-rows <rows>', 'rows per call (what the service takes)', whole(1, MOST_ROWS))
      .option('--csv', 'print CSV')
      .action(act(predict)),
    'tidegate predict wine rows.csv --csv > quality.csv',
    `echo '{"inputs": {"alcohol": [9.4], "pH": [3.51]}}' | tidegate predict wine`,
  );
  withExample(
    withInput(program.command('compare'))
      .description('Have every running version answer the same rows')
      .argument('<service>', "the service's name")
      .argument(...FILE)
      .action(act(compare)),
    'tidegate compare wine rows.csv',
  );
};

const withInput = (command: Command): Command =>
  command
    .addOption(
      new Option('--format <format>', 'what the rows are (seen from their start)').choices([
        'csv',
        'json',
      ]),
    )
    .option('--key <key>', 'better in TIDEGATE_KEY: arguments can be seen by others');

/** What a header can carry. */
const headerText = (text: string): string => {
  if (/^[\x20-\x7e]{1,256}$/.test(text)) return text;
  throw new InvalidArgumentError('1 to 256 characters of ASCII.');
};
