import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import type { Throttle } from '../../core/access/rate-limiter';
import {
  asOf,
  type Bucket,
  FRACTION_MS,
  isUnchanged,
  millisecondsFor,
  periodOf,
} from './lease-limiter-bucket';

interface Needs {
  readonly db: DynamoDBClient;
  readonly table: string;
}

/** What a container asks for, from the bucket as it knew it. */
export interface Asked {
  readonly subject: string;
  readonly throttle: Throttle;
  readonly known: Bucket | undefined;
  /** Milliseconds: the container's time. */
  readonly at: number;
  readonly tokens: number;
  readonly quota: number;
}

/** The bucket as it is now, and whether what was asked for was taken from it. */
export interface Taken {
  readonly taken: boolean;
  readonly bucket: Bucket | undefined;
}

export interface LeaseItems {
  take(asked: Asked, signal: AbortSignal): Promise<Taken>;
  /** Gives back what was not used of a quota, as long as its period lasts. */
  giveBack(subject: string, from: Bucket, quota: number, signal: AbortSignal): Promise<void>;
}

type Item = Readonly<Record<string, AttributeValue>>;

const DAY_MS = 24 * 3600 * 1000;
const WHENEVER = '9000000000000000';
const SAME =
  'per_second = :rate AND burst_size = :burst AND quota_period = :period AND quota_start = :start';
const ALWAYS = 'taken_at = :at, write_count = write_count + :one, forgotten_at = :forgotten';

/**
 * One item per subject, in the table of the records. A busy bucket, and one that was full, are
 * taken from by whoever is there, without knowing what others took; only what changes the item's
 * throttle or period must have seen it.
 */
export const leaseItems = ({ db, table: TableName }: Needs): LeaseItems => ({
  async take(asked, abortSignal) {
    const { ConditionExpression, UpdateExpression, values } = takingOf(asked);
    const update = new UpdateItemCommand({
      TableName,
      Key: keyOf(asked.subject),
      ConditionExpression,
      UpdateExpression,
      ExpressionAttributeValues: values,
      ReturnValues: 'ALL_NEW',
      ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
    });
    try {
      const { Attributes } = await db.send(update, { abortSignal });
      return { taken: true, bucket: bucketOf(Attributes) };
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
      return { taken: false, bucket: bucketOf(error.Item) };
    }
  },

  async giveBack(subject, { period, start }, quota, abortSignal) {
    const update = new UpdateItemCommand({
      TableName,
      Key: keyOf(subject),
      ConditionExpression: 'quota_period = :period AND quota_start = :start',
      UpdateExpression: 'SET quota_used = quota_used - :quota, write_count = write_count + :one',
      ExpressionAttributeValues: {
        ':period': { S: period },
        ':start': number(start),
        ':quota': number(quota),
        ':one': number(1),
      },
    });
    await db.send(update, { abortSignal }).catch((error: unknown) => {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    });
  },
});

const takingOf = ({ throttle, known, at, tokens, quota }: Asked) => {
  const now = asOf(known, throttle, at);
  const cost = millisecondsFor(tokens, throttle);
  const next = moment(Math.max(now.fullAt, at) + cost);
  const full = millisecondsFor(throttle.burst, throttle);
  // Forgotten, it is full and nothing is used: so it must be by then.
  const until = Math.max(now.fullAt, at + full, throttle.quota ? periodOf(now).end : 0) + DAY_MS;
  const always = {
    ':rate': number(throttle.rate),
    ':burst': number(throttle.burst),
    ':period': { S: now.period },
    ':start': number(now.start),
    ':at': number(at),
    ':forgotten': number(Math.ceil(until / 1000)),
  };
  if (!known || !isUnchanged(known, now)) {
    return {
      ConditionExpression: known ? 'write_count = :writes' : 'attribute_not_exists(pk)',
      UpdateExpression:
        'SET full_at = :next, per_second = :rate, burst_size = :burst, quota_period = :period, ' +
        'quota_start = :start, quota_used = :used, taken_at = :at, write_count = :written, forgotten_at = :forgotten',
      values: {
        ...always,
        ':next': next,
        ':used': number(now.used + quota),
        ':written': number(now.writes + 1),
        ...(known && { ':writes': number(known.writes) }),
      },
    };
  }
  const most = (throttle.quota?.limit ?? Number.MAX_SAFE_INTEGER) - quota;
  const isFull = now.fullAt < at;
  const latest = tokens > 0 ? moment(at + full - cost + FRACTION_MS) : { N: WHENEVER };
  return {
    ConditionExpression: `${isFull ? 'full_at < :at' : 'full_at BETWEEN :since AND :latest'} AND ${SAME} AND quota_used <= :most`,
    UpdateExpression: `SET full_at = ${isFull ? ':next' : 'full_at + :cost'}, quota_used = quota_used + :quota, ${ALWAYS}`,
    values: {
      ...always,
      ':most': number(most),
      ':quota': number(quota),
      ':one': number(1),
      ...(isFull
        ? { ':next': next }
        : { ':since': moment(at - FRACTION_MS), ':latest': latest, ':cost': moment(cost) }),
    },
  };
};

const keyOf = (subject: string) => ({ pk: { S: `limits#${subject}` }, sk: { S: '-' } });
const number = (value: number) => ({ N: String(value) });
/** To the nanosecond: DynamoDB adds up to 38 digits. */
const moment = (milliseconds: number) => ({ N: milliseconds.toFixed(6) });

const bucketOf = (item: Item | undefined): Bucket | undefined => {
  if (!item) return undefined;
  const period = item.quota_period?.S;
  return {
    fullAt: Number(item.full_at?.N),
    rate: Number(item.per_second?.N),
    burst: Number(item.burst_size?.N),
    period: period === 'day' || period === 'week' || period === 'month' ? period : 'none',
    start: Number(item.quota_start?.N),
    used: Number(item.quota_used?.N),
    at: Number(item.taken_at?.N),
    writes: Number(item.write_count?.N),
  };
};
