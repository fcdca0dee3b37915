import type { Command } from 'commander';
import { withExample, withList, withWait } from '../command-parts';
import { type ListOptions, showList } from '../list';
import { compute, modelRef, pairs } from '../option-values';
import type { Act } from '../session';
import { instanceColumns, versionColumns } from './columns';
import { printVersion } from './show';
import {
  addVersion,
  deleteVersion,
  restartInstances,
  updateVersion,
  wantVersion,
} from './version-actions';

const SERVICE = ['<service>', "the service's name"] as const;
const VERSION = ['<version>', "the version's name"] as const;

/** `versions …`: models side by side within a service. */
export const addVersions = (program: Command, act: Act): void => {
  const versions = program.command('versions').description('Run models side by side in a service');
  const ofService = (verb: string, description: string) =>
    versions
      .command(verb)
      .description(description)
      .argument(...SERVICE);
  const ofVersion = (verb: string, description: string) =>
    ofService(verb, description).argument(...VERSION);

  withExample(
    withWait(
      withContent(ofService('add', 'Add a version and start it; the first one gets all traffic'))
        .option('--name <name>', "the version's name (the next free one: v2)")
        .option('--no-start', 'only add it'),
    ).action(act(addVersion)),
    'tidegate versions add wine --model wine/2 --wait',
  );
  withExample(
    withList(ofService('list', 'List the versions of a service')).action(
      act((session, service: string, options: ListOptions) =>
        showList(session, 'GET /api/services/{service}/versions', {
          taking: { path: { service } },
          ...{ options, columns: versionColumns(session.paint) },
          none: `${service} has no versions: \`tidegate versions add ${service} --model NAME/1\`.`,
        }),
      ),
    ),
    'tidegate versions list wine',
  );
  withExample(
    ofVersion('show', 'Show one version').action(
      act(async (session, service: string, version: string) => {
        const seen = await session.call('GET /api/services/{service}/versions/{version}', {
          path: { service, version },
        });
        await session.answer(seen, () => printVersion(session, seen));
      }),
    ),
    'tidegate versions show wine v1',
  );
  withExample(
    withContent(ofVersion('update', 'Change what is given of a version; the rest stays')).action(
      act(updateVersion),
    ),
    'tidegate versions update wine v1 --model wine/3',
  );
  withExample(
    withWait(ofVersion('start', 'Start a version')).action(act(wantVersion('start'))),
    'tidegate versions start wine v2 --wait',
  );
  withExample(
    withWait(ofVersion('stop', 'Stop a version that gets no traffic')).action(
      act(wantVersion('stop')),
    ),
    'tidegate versions stop wine v2',
  );
  withExample(
    ofVersion('delete', 'Delete a stopped version')
      .option('--yes', 'do not ask')
      .action(act(deleteVersion)),
    'tidegate versions delete wine v2 --yes',
  );
  withExample(
    withList(ofVersion('instances', 'List the replicas of a version')).action(
      act((session, service: string, version: string, options: ListOptions) =>
        showList(session, 'GET /api/services/{service}/versions/{version}/instances', {
          taking: { path: { service, version } },
          ...{ options, columns: instanceColumns(session.paint) },
          none: `${service} ${version} has no replicas: is it stopped?`,
        }),
      ),
    ),
    'tidegate versions instances wine v1',
  );
  withExample(
    ofVersion('restart', 'Replace a replica by a fresh one, or all of them one by one')
      .argument('[instance]', 'as `versions instances` lists it; all when left out')
      .action(act(restartInstances)),
    'tidegate versions restart wine v1',
  );
};

const withContent = (command: Command): Command =>
  command
    .option('--model <model/version>', 'what it serves, such as wine/2', modelRef)
    .option('--description <text>', 'what it is')
    .option('--compute <size>', 'serverless:2048:10, ml.m5.large:2 or :1-4', compute)
    .option(
      '--env <name=value>',
      'a variable of its process, of all it has; may be given again',
      pairs,
    );
