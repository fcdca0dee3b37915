import type { AnswerTo } from '../control-api';
import type { Session } from '../session';
import { rounded } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import { localTime } from '../terminal/times';
import { statusPaint } from './status-paint';
import { throttleText } from './throttle-text';
import { trafficText } from './traffic-text';

type Service = AnswerTo<'GET /api/services/{service}'>;
type Version = AnswerTo<'GET /api/services/{service}/versions/{version}'>;

/** `requests 90 days, rows for ever, labels 365 days`. */
const retentionText = (retention: Service['retention']): string =>
  Object.entries(retention)
    .map(
      ([what, days]) =>
        `${what.replace('_days', '')} ${days === null ? 'for ever' : `${days} days`}`,
    )
    .join(', ');

/** What operators see of one service. */
export const printService = ({ printDetails, paint }: Session, service: Service): Promise<void> => {
  const { capture } = service;
  const share = `${rounded(capture.sample * 100)} %`;
  const captured = capture.when === 'before' ? `${share}, before the answer` : share;
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
    ['captured', printable([captured, ...rules].join(', '))],
    ['kept', retentionText(service.retention)],
    [
      'limits',
      `${service.max_rows} rows a call, ${service.max_queue} waiting, ${service.timeout_ms} ms`,
    ],
    ['managed by', service.managed_by],
    ['created', `${localTime(service.created_at)} by ${printable(service.created_by)}`],
    ['updated', `${localTime(service.updated_at)}, revision ${service.revision}`],
  ]);
};

/** What operators see of one version. */
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
  if ('count' in amount) return `${amount.count} × ${type}`;
  return `${amount.min} to ${amount.max} × ${type}${scalingText(amount.scaling)}`;
};

type Scaling = { readonly by: 'invocations' | 'concurrency'; readonly target: number };

const scalingText = (scaling: Scaling | undefined): string => {
  if (!scaling) return '';
  const { by, target } = scaling;
  return by === 'concurrency' ? `, ${target} at once each` : `, ${target} a minute each`;
};

const costText = ({ per_hour, currency, billing_mode }: Version['cost']): string => {
  if (billing_mode === 'none') return 'none';
  return per_hour === null ? billing_mode : `about ${per_hour} ${currency} an hour`;
};
