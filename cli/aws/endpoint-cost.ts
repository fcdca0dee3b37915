import { instances, prices } from '../../docs/aws-prices.json';
import type { AnswerTo } from '../control-api';
import { count } from '../terminal/numbers';
import { type CostLine, HOURS_A_MONTH } from './cost-lines';

type Version = Pick<
  AnswerTo<'GET /api/services/{service}/versions/{version}'>,
  'service' | 'name' | 'status' | 'compute'
>;

const hourly: Readonly<Record<string, number | undefined>> = instances.usd;
/** Milliseconds that a model takes for a prediction where none is measured. */
const MODEL_MS = 20;
/** What a service watches of each version: its endpoint's errors, its model's. */
const WATCHED = 2;
const CAPTURE_ALARMS = 1;

/** What the versions of a service cost a month, if they run all of it. */
export const endpointCost = (versions: readonly Version[]): readonly CostLine[] =>
  versions.map((version) => ({ item: `${version.service} ${version.name}`, ...costOf(version) }));

const costOf = ({ status, compute }: Version): Omit<CostLine, 'item'> => {
  if (status === 'stopped') return { quantity: 'stopped', usd: 0 };
  if ('serverless' in compute) {
    const { memory_mb, concurrency } = compute.serverless;
    const gbSeconds = (1_000_000 * memory_mb * MODEL_MS) / 1024 / 1000;
    const usd = (gbSeconds * prices.serverless_gb_second.usd).toFixed(2);
    const size = `serverless, ${count(memory_mb)} MB, ${concurrency} at once`;
    return { quantity: `${size}: ${usd} a million predictions of ${MODEL_MS} ms`, usd: null };
  }
  const { type, ...amount } = compute.instances;
  const least = 'count' in amount ? amount.count : amount.min;
  const most = 'count' in amount ? '' : ` (at most ${amount.max})`;
  const price = hourly[type];
  const quantity = `${least} × ${type}${most}`;
  if (price === undefined) return { quantity: `${quantity}: no price known`, usd: null };
  return { quantity, usd: least * price * HOURS_A_MONTH };
};

/** What the alarms of a service cost a month. */
export const alarmCost = (service: string, versions: readonly Version[]): CostLine => {
  const watched = versions.filter(({ status }) => status !== 'stopped').length;
  const metrics = CAPTURE_ALARMS + WATCHED * watched;
  return {
    item: `${service}, alarms`,
    quantity: `${metrics} metrics watched`,
    usd: metrics * prices.alarm_month.usd,
  };
};
