import { type Command, Option } from 'commander';
import { withExample, withList } from '../command-parts';
import { type ListOptions, showList } from '../list';
import { ago, whole } from '../option-values';
import type { Act } from '../session';
import { eraseData } from './erase';
import { findTable, printColumns, TABLE_COLUMNS } from './known-tables';
import { pushLabels } from './push-labels';
import { refreshTables } from './refresh';
import { sql } from './sql';
import { tablesStatus } from './status';

const MOST_ROWS = 10_000;
const ROWS = 1_000;

/** `sql`, `tables …` and `labels …`. */
export const addTables = (program: Command, act: Act): void => {
  withExample(
    program
      .command('sql')
      .description('Ask the tables with a SELECT; without one, on a terminal, a prompt')
      .argument('[statement]', 'stdin when left out or -')
      .option('--file <file>', 'what holds the statement')
      .option('--max-rows <rows>', 'how many rows to show at most', whole(1, MOST_ROWS), ROWS)
      .option('--csv', 'all rows, as CSV')
      .addOption(
        new Option('--parquet <file>', 'all rows, as Parquet').conflicts(['csv', 'output']),
      )
      .option('--output <file>', 'all rows, into a file: Parquet if its name ends so, else CSV')
      .action(act(sql)),
    'tidegate sql "SELECT request_time, alcohol, prediction FROM inference.wine LIMIT 5"',
    'tidegate sql --file monthly.sql --output monthly.parquet',
  );
  const tables = program.command('tables').description('Look at the tables of what was captured');
  withExample(
    withList(
      tables
        .command('list')
        .description('List the tables')
        .action(
          act((session, options: ListOptions) =>
            showList(session, 'GET /api/tables', {
              ...{ taking: { path: {} }, options, columns: TABLE_COLUMNS },
              none: 'No tables.',
            }),
          ),
        ),
    ),
    'tidegate tables list',
  );
  withExample(
    tables
      .command('show')
      .description("Show a table's columns")
      .argument('<table>', 'such as wine or inference.wine')
      .action(
        act(async (session, name: string) => {
          const table = await findTable(session, name);
          await session.answer(table, () => printColumns(session, table));
        }),
      ),
    'tidegate tables show wine',
  );
  withExample(
    tables
      .command('refresh')
      .description('Bring all that was captured until now into the tables')
      .argument('<service>', "the service's name")
      .option('--since <when>', 'of old labels without a row, look again for those since', ago)
      .option('--until <when>', 'and only those until then', ago)
      .action(act(refreshTables)),
    'tidegate tables refresh wine',
  );
  withExample(
    tables
      .command('status')
      .description('Say whether something waits to come into the tables, and when they were built')
      .argument('<service>', "the service's name")
      .option('--run <id>', 'follow a refresh or an erasure that goes on, to its end')
      .action(act(tablesStatus)),
    'tidegate tables status wine',
  );
  withExample(
    tables
      .command('erase')
      .description('Take whole requests out: from tables, labels and log')
      .argument('<service>', "the service's name")
      .option('--request-id <id...>', 'as they were answered')
      .option('--client-request-id <id...>', "the callers' own")
      .option('--column <column>', 'every request with a row that has --value in this column')
      .option('--value <value>', 'the value')
      .option('--yes', 'do not ask')
      .action(act(eraseData)),
    'tidegate tables erase wine --client-request-id customer-4711',
  );
  withExample(
    program
      .command('labels')
      .description('Tell what was true')
      .command('push')
      .description('Send labels to a service, in calls it can take; sent again they change nothing')
      .argument('<service>', "the service's name")
      .argument('<file>', 'labels as CSV or JSON; - is stdin')
      .addOption(
        new Option('--format <format>', 'what the labels are (seen from their start)').choices([
          'csv',
          'json',
        ]),
      )
      .option('--key <key>', 'better in TIDEGATE_KEY: arguments can be seen by others')
      .action(act(pushLabels)),
    'tidegate labels push wine truth.csv',
  );
};
