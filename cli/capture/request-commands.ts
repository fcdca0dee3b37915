import { type Command, Option } from 'commander';
import { withExample, withList } from '../command-parts';
import type { ItemOf } from '../control-api';
import { type ListOptions, showList } from '../list';
import { ago, type Moment, whole } from '../option-values';
import type { Act, Session } from '../session';
import { size } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import type { Column } from '../terminal/table';
import { localTime } from '../terminal/times';

type Captured = ItemOf<'GET /api/services/{service}/requests'>;

interface FindOptions extends ListOptions {
  readonly clientRequestId?: string;
  readonly requester?: string;
  readonly version?: string;
  readonly status?: number;
  readonly role?: 'primary' | 'shadow' | 'compare' | 'replay';
  readonly primary?: string;
  readonly since?: Moment;
  readonly until?: Moment;
}

const COLUMNS: readonly Column<Captured>[] = [
  { title: 'TIME', cell: ({ request_time }) => localTime(request_time) },
  { title: 'REQUEST', cell: ({ request_id }) => request_id },
  { title: 'VERSION', cell: ({ service_version }) => service_version },
  { title: 'STATUS', cell: ({ status_code }) => status_code, right: true },
  { title: 'ROWS', cell: ({ row_count }) => row_count, right: true },
  { title: 'MS', cell: (request) => request.execution_duration_ms.toFixed(1), right: true },
  { title: 'CLIENT ID', cell: ({ client_request_id }) => client_request_id, wraps: true },
  { title: 'REQUESTER', cell: ({ requester }) => requester, wraps: true },
];

/** `requests …`: what was asked and answered. */
export const addRequests = (program: Command, act: Act): void => {
  const requests = program.command('requests').description('Look captured requests up');

  withExample(
    withList(
      requests
        .command('find')
        .description('Find captured requests of a service, newest first')
        .argument('<service>', "the service's name")
        .option('--client-request-id <id>', "the caller's own id")
        .option('--requester <id>', 'key id, operator/<id> or anonymous')
        .option('--version <version>', 'the version that answered')
        .option('--status <code>', 'the HTTP status answered', whole(100, 599))
        .addOption(
          new Option('--role <role>', 'why it was asked').choices([
            ...['primary', 'shadow', 'compare', 'replay'],
          ]),
        )
        .option('--primary <request-id>', 'the request it was made for')
        .option('--since <when>', 'such as 1h or 2026-11-20 (24h)', ago)
        .option('--until <when>', 'such as 10m or 2026-11-21 (now)', ago),
    ).action(act(findRequests)),
    'tidegate requests find wine --client-request-id 123456 --since 7d',
    'tidegate requests find wine --status 502 --limit 10',
  );
  withExample(
    requests
      .command('show')
      .description('Show one request: what came in, what went out')
      .argument('<service>', "the service's name")
      .argument('<request-id>', 'as it was answered')
      .action(
        act(async (session, service: string, requestId: string) => {
          const request = await session.call('GET /api/services/{service}/requests/{request_id}', {
            path: { service, request_id: requestId },
          });
          await session.answer(request, () => printRequest(session, request));
        }),
      ),
    'tidegate requests show wine 0198c0de-0000-7000-8000-000000000001',
  );
};

const findRequests = (
  session: Session,
  service: string,
  { since, until, version, status, role, requester, ...options }: FindOptions,
): Promise<void> => {
  const now = session.environment.now();
  return showList(session, 'GET /api/services/{service}/requests', {
    taking: {
      path: { service },
      query: {
        client_request_id: options.clientRequestId,
        primary_request_id: options.primary,
        from: since?.(now),
        to: until?.(now),
        ...{ requester, version, status, role },
      },
    },
    ...{ options, columns: COLUMNS },
    none: 'No such requests. Without --since only the last 24 hours are searched.',
  });
};

const printRequest = async (
  { printDetails, print, paint }: Session,
  request: Captured,
): Promise<void> => {
  const { model_name, model_version, model_duration_ms } = request;
  await printDetails([
    ['request', request.request_id],
    ['time', localTime(request.request_time)],
    ['status', `${request.status_code}${request.error_type ? ` ${request.error_type}` : ''}`],
    ['version', printable(request.service_version ?? '-')],
    ['model', model_name === null ? '-' : `${model_name}/${model_version}`],
    ['requester', printable(request.requester)],
    ['client id', printable(request.client_request_id ?? '-')],
    [
      'role',
      `${request.role}${request.primary_request_id ? ` of ${request.primary_request_id}` : ''}`,
    ],
    ['rows', String(request.row_count ?? '-')],
    ['took', `${request.execution_duration_ms} ms, the model ${model_duration_ms ?? '-'} ms`],
    ['sizes', `${size(request.request_bytes)} in, ${size(request.response_bytes)} out`],
    ['sampling', String(request.sampling_fraction)],
  ]);
  for (const part of ['request', 'response'] as const) {
    await print(`\n${paint.dim(part)}\n${printable(request[part] ?? 'not stored')}`);
  }
};
