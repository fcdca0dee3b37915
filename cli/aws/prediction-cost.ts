import { prices } from '../../docs/aws-prices.json';
import { count } from '../terminal/numbers';
import type { CostLine } from './cost-lines';
import type { StageLike } from './stage-like';

/** What is taken for granted where nothing is measured; said beside every estimate. */
const ASSUMED = {
  authorizerMs: 5,
  predictMs: 30,
  recordKb: 5,
  storedKb: 1,
  accessLogBytes: 300,
  /** Seconds that a function goes on with what it knows of a service. */
  knownS: 5,
  /** Reads of DynamoDB when it looks anew, in both functions together. */
  readsAnew: 7,
  /** Seconds between two of Firehose's objects. */
  objectS: 60,
} as const;

/** X-Ray's default rule: the first request of each second, and this share of the others. */
const TRACED_SHARE = 0.05;
const KB_A_GB = 1024 ** 2;

/** The assumptions as sentences. */
export const assumptions = (perSecond: number): readonly string[] => [
  `predictions come at ${perSecond} a second; one row or some, with records of at most ${ASSUMED.recordKb} KB`,
  `the authorizer takes ${ASSUMED.authorizerMs} ms, the function before the model ${ASSUMED.predictMs} ms, model and capture included`,
  `an access log line has ${ASSUMED.accessLogBytes} bytes; no free tier; what leaves AWS is not counted`,
  "where a stage traces, X-Ray's default rule: the first request of each second and 5 % of the others",
];

interface Asked {
  /** Predictions a month. */
  readonly predictions: number;
  readonly perSecond: number;
  readonly stage: StageLike;
}

/** What predictions cost outside their endpoints. */
export const predictionCost = ({ predictions, perSecond, stage }: Asked): readonly CostLine[] => {
  const seconds = predictions / perSecond;
  const gbSeconds = (megabytes: number, ms: number) => (predictions * megabytes * ms) / 1024 / 1000;
  const compute =
    gbSeconds(stage.memoryMb.authorizer, ASSUMED.authorizerMs) +
    gbSeconds(stage.memoryMb.predict, ASSUMED.predictMs);
  const reads = ASSUMED.readsAnew * Math.min(predictions, seconds / ASSUMED.knownS);
  const ingested = (predictions * ASSUMED.recordKb) / KB_A_GB;
  const objects = Math.min(predictions, seconds / ASSUMED.objectS);
  const stored = (predictions * ASSUMED.storedKb) / KB_A_GB;
  const logged = (predictions * ASSUMED.accessLogBytes) / 1024 ** 3;
  const traces = predictions * tracedShare(perSecond);
  const line = (item: string, quantity: string, usd: number): CostLine => ({ item, quantity, usd });
  return [
    line(
      'API Gateway',
      `${count(predictions)} requests`,
      predictions * prices.api_gateway_request.usd,
    ),
    line(
      'Lambda requests',
      `${count(predictions * 2)}: authorizer, predict`,
      predictions * 2 * prices.lambda_request.usd,
    ),
    line('Lambda time', `${whole(compute)} GB-s, arm64`, compute * prices.lambda_gb_second.usd),
    line('DynamoDB', `${whole(reads)} reads`, reads * prices.dynamodb_read.usd),
    line(
      'Firehose',
      `${ingested.toFixed(1)} GB in steps of 5 KB`,
      ingested * prices.firehose_gb.usd,
    ),
    line(
      'S3',
      `${whole(objects)} objects, ${stored.toFixed(1)} GB for a month`,
      objects * prices.s3_put.usd + stored * prices.s3_gb_month.usd,
    ),
    line('CloudWatch logs', `${logged.toFixed(2)} GB of access log`, logged * prices.logs_gb.usd),
    ...(stage.tracing ? [line('X-Ray', `${whole(traces)} traces`, traces * prices.trace.usd)] : []),
    ...(stage.firewall
      ? [
          line(
            'Firewall',
            `${count(predictions)} requests`,
            predictions * prices.firewall_request.usd,
          ),
        ]
      : []),
  ];
};

const tracedShare = (perSecond: number): number =>
  perSecond <= 1 ? 1 : (1 + TRACED_SHARE * (perSecond - 1)) / perSecond;

const whole = (value: number): string => count(Math.round(value));
