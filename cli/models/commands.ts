import type { Command } from 'commander';
import { usageError } from '../cli-error';
import { withExample, withList } from '../command-parts';
import type { ItemOf } from '../control-api';
import { type ListOptions, showList } from '../list';
import { type ModelRef, modelRef, pairs } from '../option-values';
import type { Act } from '../session';
import { confirm } from '../terminal/confirm';
import type { Column } from '../terminal/table';
import { localTime } from '../terminal/times';
import { importModel, registerModel } from './register';
import { showModel, showModelVersion } from './show';

const MODELS: readonly Column<ItemOf<'GET /api/models'>>[] = [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'LATEST', cell: ({ latest_version }) => latest_version, right: true },
  { title: 'CREATED BY', cell: ({ created_by }) => created_by, wraps: true },
  { title: 'UPDATED', cell: ({ updated_at }) => localTime(updated_at) },
];

/** `models …`: packages under a name and a number. */
export const addModels = (program: Command, act: Act): void => {
  const models = program.command('models').description('Register and look at models');

  withExample(
    described(models.command('register'))
      .description('Register the next version of a model from a file or folder of this machine')
      .argument('<name>', "the model's name")
      .argument(
        '[path]',
        'an MLflow model directory, its .tar.gz, or an .onnx file; with --image any folder, for the container',
      )
      .option(
        '--image <uri>',
        'run it in this container image, in the AWS home: registry/repository@sha256:…',
      )
      .option('--env <name=value>', 'a variable of the container; may be given again', pairs)
      .option(
        '--signature <file>',
        "JSON with the container's inputs and outputs, as MLflow writes signatures",
      )
      .action(act(registerModel)),
    'tidegate models register wine ./examples/wine/model --description "first try"',
    'tidegate models register churn ./model --image 111122223333.dkr.ecr.eu-west-1.amazonaws.com/mlflow@sha256:… --env DISABLE_NGINX=true',
  );
  withExample(
    described(models.command('import'))
      .description("Register a model from the platform's MLflow tracking server")
      .argument('<name>', "the model's name here")
      .argument('<source>', 'models:/name/version or models:/name@alias')
      .action(act(importModel)),
    'tidegate models import wine models:/wine@champion',
  );
  withExample(
    withList(models.command('list'))
      .description('List models')
      .action(
        act((session, options: ListOptions) =>
          showList(session, 'GET /api/models', {
            ...{ taking: { path: {} }, options, columns: MODELS },
            none: 'No models yet: `tidegate models register NAME PATH` adds one.',
          }),
        ),
      ),
    'tidegate models list',
  );
  withExample(
    withList(models.command('show'), 20)
      .description('Show a model and its versions, or one version')
      .argument('<model>', 'wine, or wine/3 for one version')
      .action(
        act((session, model: string, options: ListOptions) =>
          model.includes('/')
            ? showModelVersion(session, versionOf(model))
            : showModel(session, model, options),
        ),
      ),
    'tidegate models show wine',
    'tidegate models show wine/3',
  );
  withExample(
    models
      .command('delete')
      .description('Delete a version that no service uses; its number is never used again')
      .argument('<model-version>', 'wine/3', modelRef)
      .option('--yes', 'do not ask')
      .action(
        act(async (session, { name, version }: ModelRef, { yes = false }: { yes?: boolean }) => {
          await confirm(session.environment, `Delete ${name}/${version}?`, yes);
          await session.call('DELETE /api/models/{model}/versions/{number}', {
            path: { model: name, number: String(version) },
          });
          session.say(`${name}/${version} is deleted.`);
        }),
      ),
    'tidegate models delete wine/3 --yes',
  );
};

const described = (command: Command): Command =>
  command
    .option('--description <text>', 'what it is')
    .option('--tag <name=value>', 'a tag; may be given again', pairs)
    .option('--expected <file>', 'JSON with what the model must answer: {"predictions": […]}');

const versionOf = (text: string): ModelRef => {
  try {
    return modelRef(text);
  } catch {
    throw usageError(`'${text}' is no version of a model; it looks like wine/3`);
  }
};
