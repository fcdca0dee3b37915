import type { Command } from 'commander';
import { withExample, withList, withWait } from '../command-parts';
import { type ListOptions, showList } from '../list';
import { compute, modelRef, repeated, shares } from '../option-values';
import type { Act } from '../session';
import { createService, deleteService, setTraffic, updateService, wantService } from './actions';
import { serviceColumns } from './columns';
import { withSettings } from './settings';
import { printService } from './show';

const NAME = ['<service>', "the service's name"] as const;

/** `services …`: what callers send predictions to. */
export const addServices = (program: Command, act: Act): void => {
  const services = program.command('services').description('Create services, start and stop them');

  withExample(
    withWait(
      withSettings(services.command('create'))
        .description('Create a service, with a first version of it if a model is given')
        .argument(...NAME)
        .option('--model <model/version>', 'what the first version serves', modelRef)
        .option('--version-name <name>', "the first version's name", 'v1')
        .option('--compute <size>', 'serverless:2048:10, ml.m5.large:2 or :1-4', compute),
    ).action(act(createService)),
    'tidegate services create wine --model wine/1 --rate 200 --wait',
    'tidegate services create loans --model loans/2 --hash customer_id --quota 1000/day',
  );
  withExample(
    withList(services.command('list'))
      .description('List services')
      .action(
        act((session, options: ListOptions) =>
          showList(session, 'GET /api/services', {
            ...{ taking: { path: {} }, options, columns: serviceColumns(session.paint) },
            none: 'No services yet: `tidegate services create NAME --model NAME/1` makes one.',
          }),
        ),
      ),
    'tidegate services list',
  );
  withExample(
    services
      .command('show')
      .description('Show one service')
      .argument(...NAME)
      .action(
        act(async (session, service: string) => {
          const seen = await session.call('GET /api/services/{service}', { path: { service } });
          await session.answer(seen, () => printService(session, seen));
        }),
      ),
    'tidegate services show wine',
  );
  withExample(
    withSettings(services.command('update'))
      .description('Change what is given of a service; the rest stays')
      .argument(...NAME)
      .option('--keep <column>', 'store it as it is again; may be given again', repeated)
      .action(act(updateService)),
    'tidegate services update wine --rate 500 --mask alcohol',
  );
  for (const [verb, description] of [
    ['start', 'Start what ran when the service was stopped'],
    ['stop', 'Stop every version of a service'],
  ] as const) {
    withExample(
      withWait(
        services
          .command(verb)
          .description(description)
          .argument(...NAME),
      ).action(act(wantService(verb))),
      `tidegate services ${verb} wine --wait`,
    );
  }
  withExample(
    withWait(
      services
        .command('traffic')
        .description('Share traffic out over running versions, in percent')
        .argument(...NAME)
        .argument('<version=share...>', 'such as v1=90 v2=10', shares),
    ).action(act(setTraffic)),
    'tidegate services traffic wine v1=90 v2=10 --wait',
  );
  withExample(
    services
      .command('delete')
      .description('Delete a stopped service with its versions, keys, events and logs')
      .argument(...NAME)
      .option('--purge', 'its inference tables, too')
      .option('--yes', 'do not ask')
      .action(act(deleteService)),
    'tidegate services delete wine --yes',
  );
};
