import { type Command, Option } from 'commander';
import { withExample, withList } from '../command-parts';
import { type ListOptions, showList } from '../list';
import { ago, type Moment, whole } from '../option-values';
import type { Act, Paint } from '../session';
import type { Column } from '../terminal/table';
import { localTime } from '../terminal/times';
import { type Event, followEvents } from './follow-events';
import { showLogs } from './logs';
import { statusPaint } from './status-paint';

const LINES = 1000;
const lineLimit = whole(1, 1_000_000);

interface EventOptions extends ListOptions {
  readonly follow?: true;
  readonly since?: Moment;
}

/** `events` and `logs`: what happened to a service, and what its replicas printed. */
export const addWatching = (program: Command, act: Act): void => {
  withExample(
    withList(
      program
        .command('events')
        .description('List what happened to a service, last seen first')
        .argument('<service>', "the service's name")
        .option('--since <when>', 'such as 1h or 2026-11-20', ago)
        .addOption(following('limit', 'page')),
    ).action(
      act((session, service: string, options: EventOptions) => {
        const from = options.since?.(session.environment.now());
        if (options.follow) return followEvents(session, service, from);
        return showList(session, 'GET /api/services/{service}/events', {
          ...{ taking: { path: { service }, query: { from } }, options },
          columns: eventColumns(session.paint),
          none: `Nothing has happened to ${service}.`,
        });
      }),
    ),
    'tidegate events wine',
    'tidegate events wine --follow',
  );
  withExample(
    program
      .command('logs')
      .description('Print what the replicas of a service printed, oldest first')
      .argument('<service>', "the service's name")
      .addOption(following('limit', 'until'))
      .option('--version <version>', 'only of this version')
      .option('--instance <instance>', 'only of this replica')
      .option('--since <when>', 'such as 15m, 24h, 7d or 2026-11-20 (1h)', ago)
      .option('--until <when>', 'such as 10m or 2026-11-21 (now)', ago)
      .option('--grep <text>', 'only lines that contain it, whatever its case')
      .option('--limit <lines>', 'how many at most', lineLimit, LINES)
      .action(act(showLogs)),
    'tidegate logs wine -f --version v2',
    'tidegate logs wine --since 24h --grep "out of memory"',
  );
};

/** `--follow`, which these other options cannot go with: it has no end. */
const following = (...others: readonly string[]): Option =>
  new Option(
    '-f, --follow',
    'print what comes, until Ctrl-C; one JSON line each with --json',
  ).conflicts([...others]);

const eventColumns = (paint: Paint): readonly Column<Event>[] => [
  { title: 'LAST SEEN', cell: ({ last_seen }) => localTime(last_seen) },
  { title: 'LEVEL', cell: ({ level }) => level, paint: statusPaint(paint) },
  {
    title: 'RESOURCE',
    cell: ({ resource_kind, resource_name }) => `${resource_kind} ${resource_name}`,
    wraps: true,
  },
  { title: 'TYPE', cell: ({ type }) => type, wraps: true },
  { title: 'COUNT', cell: ({ count }) => count, right: true },
  { title: 'MESSAGE', cell: ({ message }) => message, wraps: true },
];
