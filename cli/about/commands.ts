import { Argument, type Command } from 'commander';
import { withAws, withStage } from '../aws/commands';
import { diagnoseAws } from '../aws/doctor';
import type { AwsOptions } from '../aws/sdk';
import { withExample } from '../command-parts';
import type { Environment } from '../environment';
import { type GlobalOptions, openSession } from '../session';
import { write } from '../terminal/write';
import { complete } from './complete';
import { SHELLS, type Shell, shellScript } from './completion-scripts';
import { diagnose } from './doctor';
import { type InitOptions, writeManifest } from './init';

/** `init`, `doctor`, `completion`, `version`. */
export const addAbout = (root: Command, environment: Environment): void => {
  withExample(
    root
      .command('init')
      .description('Write a commented tidegate.yaml that serves a model')
      .argument('[model]', 'an MLflow model directory or .onnx file (the wine example)')
      .option('--service <name>', "the service's name (from the model's)")
      .option('--file <file>', 'what to write', 'tidegate.yaml')
      .option('--force', 'write over what is there')
      .action((model: string | undefined, options: InitOptions) =>
        writeManifest(environment, model, options),
      ),
    'tidegate init',
    'tidegate init ./my-model --service loans',
  );
  withExample(
    withAws(
      withStage(
        root
          .command('doctor')
          .description('Check this machine, the platform and its services, and say the way out')
          .option('--aws', 'check the AWS account and a stage in it instead'),
      ),
    ).action((options: { readonly aws?: true }, command: Command) => {
      const all = command.optsWithGlobals<GlobalOptions & AwsOptions & { stage: string }>();
      return options.aws ? diagnoseAws(environment, all) : diagnose(environment, all);
    }),
    'tidegate doctor',
    'tidegate doctor --aws --stage dev',
  );
  withExample(
    root
      .command('completion')
      .description("Print a shell's completion script")
      .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
      .action((shell: Shell) => write(environment.stdout, shellScript(shell))),
    'source <(tidegate completion bash)',
    'tidegate completion fish > ~/.config/fish/completions/tidegate.fish',
  );
  withExample(
    root
      .command('version')
      .description('Print the version (also `tidegate --version`)')
      .action((_: unknown, command: Command) => {
        const { json } = command.optsWithGlobals<GlobalOptions>();
        const node = process.version;
        const text = json
          ? JSON.stringify({ tidegate: environment.version, node }, null, 2)
          : `tidegate ${environment.version} (node ${node})`;
        return write(environment.stdout, `${text}\n`);
      }),
    'tidegate version',
  );
  root
    .command('__complete', { hidden: true })
    .argument('[words...]')
    .action((words: readonly string[]) =>
      complete(root, words, (options) => openSession(environment, options)),
    );
};
