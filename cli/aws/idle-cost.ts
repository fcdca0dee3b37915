import { prices } from '../../docs/aws-prices.json';
import { count } from '../terminal/numbers';
import { type CostLine, SECONDS_A_MONTH } from './cost-lines';
import type { StageLike } from './stage-like';

const SECRETS = 2;
const ALARMS = 8;
/** That are told when nobody asks anything: how long something waits to be built. */
const METRICS = 1;
const FIREWALL_RULES = 2;
const IMAGE_GB = 0.5;
const RECONCILE_S = 0.5;
/** Once a minute. */
const RECONCILIATIONS = SECONDS_A_MONTH / 60;
/** Every quarter of an hour. */
const BUILDS = SECONDS_A_MONTH / 900;
/** Of a build that finds nothing to do, with its start. */
const BUILD_STATES = 5;
const BUILD_S = 0.2;

/** What a stage without services costs a month. */
export const idleCost = ({
  customerKey,
  firewall,
  tracing,
  provisioned,
  memoryMb,
}: StageLike): readonly CostLine[] => {
  const kept = provisioned.reduce((sum, name) => sum + memoryMb[name] / 1024, 0);
  const worked = (RECONCILIATIONS * RECONCILE_S * memoryMb.reconcile) / 1024;
  const planned = (BUILD_S * memoryMb.build) / 1024;
  const line = (item: string, quantity: string, usd: number): CostLine => ({ item, quantity, usd });
  return [
    line('Secrets', String(SECRETS), SECRETS * prices.secret_month.usd),
    line('Alarms', `${ALARMS} of the platform`, ALARMS * prices.alarm_month.usd),
    line('Metrics', String(METRICS), METRICS * prices.metric_month.usd),
    line(
      'Builds of tables',
      `${count(BUILDS)} that find nothing to do`,
      BUILDS *
        (BUILD_STATES * prices.state_transition.usd +
          planned * prices.lambda_gb_second.usd +
          prices.lambda_request.usd),
    ),
    line(
      'Reconciliation',
      `${count(RECONCILIATIONS)} times ${RECONCILE_S * 1000} ms${tracing ? ', traced' : ''}`,
      worked * prices.lambda_gb_second.usd +
        RECONCILIATIONS * (prices.lambda_request.usd + (tracing ? prices.trace.usd : 0)),
    ),
    line('Image of the model server', `${IMAGE_GB} GB`, IMAGE_GB * prices.image_gb_month.usd),
    ...(customerKey ? [line('Key of the data', '1', prices.kms_key_month.usd)] : []),
    ...(firewall
      ? [
          line(
            'Firewall',
            `with ${FIREWALL_RULES} rules`,
            prices.firewall_month.usd + FIREWALL_RULES * prices.firewall_rule_month.usd,
          ),
        ]
      : []),
    ...(kept > 0
      ? [
          line(
            'Provisioned concurrency',
            `${kept} GB: ${provisioned.join(', ')}`,
            kept * SECONDS_A_MONTH * prices.lambda_provisioned_gb_second.usd,
          ),
        ]
      : []),
  ];
};
