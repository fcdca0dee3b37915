import type { CostOf } from '../../api/services/service-view';
import { currency, instances, priced_at } from '../../docs/aws-prices.json';

const perHour: Readonly<Record<string, number | undefined>> = instances.usd;

/** What SageMaker charges for what runs, by the prices in `docs/`; null where none is known. */
export const computeCost: CostOf = (compute, running) => {
  const estimate = { currency: currency as 'USD', priced_at };
  // Paid by the millisecond of an answer.
  if ('serverless' in compute) return { billing_mode: 'per-use', per_hour: 0, ...estimate };
  const price = perHour[compute.instances.type];
  const per_hour = price === undefined ? null : price * running;
  return { billing_mode: 'per-hour', per_hour, ...estimate };
};
