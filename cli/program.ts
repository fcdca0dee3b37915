import { Command } from 'commander';
import pc from 'picocolors';
import { addAbout } from './about/commands';
import { addKeys } from './access/key-commands';
import { addOperators } from './access/operator-commands';
import { addWho } from './access/who-commands';
import { addAws } from './aws/commands';
import { addRequests } from './capture/request-commands';
import { DEFAULT_ENDPOINT } from './endpoint';
import type { Environment } from './environment';
import { addInference } from './inference/commands';
import { addModels } from './models/commands';
import { addServices } from './services/commands';
import { addVersions } from './services/version-commands';
import { addWatching } from './services/watch-commands';
import { actIn, type GlobalOptions, paintFor } from './session';
import { addTables } from './tables/commands';

const EXIT_CODES = `
Exit codes:
  0  fine
  1  it failed: the platform said no, or is not there
  2  it was called wrongly

Environment:
  TIDEGATE_ENDPOINT, TIDEGATE_DATA  as --endpoint and --data
  TIDEGATE_TOKEN                    an operator's token (--token)
  TIDEGATE_KEY                      a service's key, for predict, compare and labels (--key)
  NO_COLOR                          as --no-color`;

/**
 * The command line with every command but `up`, which the composition root adds: what is added
 * last stands with the first group.
 */
export const program = (environment: Environment): Command => {
  const { stdout, stderr } = environment;
  const root = new Command('tidegate');
  const hasColors = () => paintFor(environment, root.opts<GlobalOptions>()).isColorSupported;
  const style = pc.createColors(true);
  root
    .description('Serves machine-learning models over HTTP and remembers every prediction.')
    .exitOverride()
    .showHelpAfterError('(--help says more)')
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      getOutHelpWidth: () => (stdout.isTTY ? (stdout.columns ?? 80) : 100),
      getErrHelpWidth: () => (stderr.isTTY ? (stderr.columns ?? 80) : 100),
      getOutHasColors: hasColors,
      getErrHasColors: () => hasColors() && stderr.isTTY === true,
    })
    .configureHelp({
      showGlobalOptions: true,
      styleTitle: (text) => style.bold(text),
      styleSubcommandTerm: (text) => style.cyan(text),
      styleOptionTerm: (text) => style.cyan(text),
      styleArgumentTerm: (text) => style.cyan(text),
    })
    .option('--endpoint <url>', `where the platform is (TIDEGATE_ENDPOINT, ${DEFAULT_ENDPOINT})`)
    .option(
      '--data <folder>',
      'where credentials.json lies (TIDEGATE_DATA; .tidegate, or where `login` keeps it)',
    )
    .option('--token <token>', 'better in TIDEGATE_TOKEN: arguments can be seen by others')
    .option('--json', "the platform's own JSON, one document")
    .option('--no-color', 'no colours')
    .option('--debug', 'the stack of a failure')
    .addHelpText('after', EXIT_CODES);
  const act = actIn(environment);

  root.commandsGroup('Start here:');
  addAbout(root, environment);
  root.commandsGroup('Models and services:');
  addModels(root, act);
  addServices(root, act);
  addVersions(root, act);
  addKeys(root, act);
  root.commandsGroup('Predict:');
  addInference(root, act);
  root.commandsGroup('See what happened:');
  addRequests(root, act);
  addWatching(root, act);
  root.commandsGroup('Tables:');
  addTables(root, act);
  root.commandsGroup('People:');
  addOperators(root, act);
  addWho(root, act);
  root.commandsGroup('On AWS:');
  addAws(root, environment, act);
  root.commandsGroup('Start here:').helpCommand('help [command]', 'Show the help of a command');
  return root;
};
