import type { AnswerTo, ItemOf } from '../control-api';
import type { Paint, Session } from '../session';
import { printable } from '../terminal/printable';
import type { Column } from '../terminal/table';
import { count, localTime, size } from '../terminal/times';
import { UNLIMITED_RATE } from './settings';

type Service = AnswerTo<'GET /api/services/{service}'>;
type Version = AnswerTo<'GET /api/services/{service}/versions/{version}'>;
type Throttle = Pick<Service, 'throttle'>['throttle'];

/** A status in its colour: green runs, red needs somebody, yellow is on its way. */
export const statusPaint =
  (paint: Paint) =>
  (text: string): string => {
    if (text === 'running' || text === 'ok' || text === 'active') return paint.green(text);
    if (text === 'failed' || text === 'error' || text === 'revoked') return paint.red(text);
    if (text === 'stopped' || text === 'draft' || text === 'info') return paint.dim(text);
    return paint.yellow(text);
  };

export const serviceColumns = (paint: Paint): readonly Column<ItemOf<'GET /api/services'>>[] => [
  { title: 'NAME', cell: ({ name }) => name },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  {
    title: 'VERSIONS',
    cell: ({ versions_running, versions_total }) => `${versions_running}/${versions_total}`,
    right: true,
  },
  { title: 'TRAFFIC', cell: ({ traffic }) => trafficText(traffic), wraps: true },
  {
    title: 'DESCRIPTION',
    cell: ({ status_reason, description }) => status_reason ?? description,
    wraps: true,
  },
  { title: 'CREATED BY', cell: ({ created_by }) => created_by, wraps: true },
];

export const versionColumns = (
  paint: Paint,
): readonly Column<ItemOf<'GET /api/services/{service}/versions'>>[] => [
  { title: 'VERSION', cell: ({ name }) => name },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  { title: 'MODEL', cell: ({ model }) => `${model.name}/${model.version}` },
  { title: 'TRAFFIC', cell: ({ traffic }) => `${traffic} %`, right: true },
  {
    title: 'REPLICAS',
    cell: ({ replicas }) => `${replicas.running}/${replicas.wanted}`,
    right: true,
  },
  {
    title: 'DESCRIPTION',
    cell: ({ status_reason, description }) => status_reason ?? description,
    wraps: true,
  },
];

export const instanceColumns = (
  paint: Paint,
): readonly Column<ItemOf<'GET /api/services/{service}/versions/{version}/instances'>>[] => [
  { title: 'INSTANCE', cell: ({ id }) => id },
  { title: 'STATUS', cell: ({ status }) => status, paint: statusPaint(paint) },
  { title: 'RESTARTS', cell: ({ restarts }) => restarts, right: true },
  { title: 'STARTED', cell: ({ started_at }) => localTime(started_at) },
  {
    title: 'CPU',
    cell: ({ cpu_percent }) => (cpu_percent === null ? null : `${cpu_percent.toFixed(0)} %`),
    right: true,
  },
  {
    title: 'MEMORY',
    cell: ({ memory_bytes }) => (memory_bytes === null ? null : size(memory_bytes)),
    right: true,
  },
];

/** `v1 90 %, v2 10 %`. */
export const trafficText = (traffic: Readonly<Record<string, number>>): string =>
  Object.entries(traffic)
    .map(([version, share]) => `${version} ${share} %`)
    .join(', ');

/** `100/s, burst 200, 1,000 a day`; a rate that holds nobody back is left out. */
export const throttleText = (throttle: Throttle | null): string => {
  if (!throttle) return '-';
  const { rate, burst, quota } = throttle;
  const speed = rate < UNLIMITED_RATE ? [`${rate}/s`, `burst ${burst}`] : [];
  return [...speed, ...(quota ? [`${count(quota.limit)} a ${quota.period}`] : [])].join(', ');
};

export const printService = ({ printDetails, paint }: Session, service: Service): Promise<void> => {
  const { capture } = service;
  const rules = Object.entries(capture.columns).map(([column, rule]) => `${rule} ${column}`);
  return printDetails([
    ['service', service.name],
    ['status', statusPaint(paint)(service.status)],
    ...reason(service.status_reason),
    ['description', printable(service.description) || '-'],
    ['url', printable(service.url)],
    ['traffic', trafficText(service.traffic) || '-'],
    ['versions', `${service.versions_running} of ${service.versions_total} run`],
    ['callers', service.auth ? 'need a key' : 'need no key'],
    ['throttle', throttleText(service.throttle)],
    ['captured', printable([`${capture.sample * 100} %`, ...rules].join(', '))],
    [
      'limits',
      `${service.max_rows} rows a call, ${service.max_queue} waiting, ${service.timeout_ms} ms`,
    ],
    ['managed by', service.managed_by],
    ['created', `${localTime(service.created_at)} by ${printable(service.created_by)}`],
    ['updated', `${localTime(service.updated_at)}, revision ${service.revision}`],
  ]);
};

export const printVersion = ({ printDetails, paint }: Session, version: Version): Promise<void> =>
  printDetails([
    ['version', `${version.service} ${version.name}`],
    ['status', statusPaint(paint)(version.status)],
    ...reason(version.status_reason),
    ['description', printable(version.description) || '-'],
    ['model', `${version.model.name}/${version.model.version}`],
    ['traffic', `${version.traffic} %`],
    ['replicas', `${version.replicas.running} of ${version.replicas.wanted} run`],
    ['compute', printable(computeText(version.compute))],
    ['environment', printable(version.environment_names.join(', ')) || '-'],
    ['cost', costText(version.cost)],
    ['created', `${localTime(version.created_at)} by ${printable(version.created_by)}`],
    ['updated', `${localTime(version.updated_at)}, revision ${version.revision}`],
  ]);

const reason = (text: string | null): readonly (readonly [string, string])[] =>
  text === null ? [] : [['reason', printable(text)]];

const computeText = (compute: Version['compute']): string => {
  if ('serverless' in compute) {
    const { memory_mb, concurrency } = compute.serverless;
    return `serverless, ${memory_mb} MB, ${concurrency} at once`;
  }
  const { type, ...amount } = compute.instances;
  return 'count' in amount
    ? `${amount.count} × ${type}`
    : `${amount.min} to ${amount.max} × ${type}`;
};

const costText = ({ per_hour, currency, billing_mode }: Version['cost']): string => {
  if (billing_mode === 'none') return 'none';
  return per_hour === null ? billing_mode : `about ${per_hour} ${currency} an hour`;
};
