import { setTimeout as sleep } from 'node:timers/promises';
import {
  type AttributeValue,
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  TransactionCanceledException,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { DomainError } from '../../core/shared/domain-error';
import {
  assertTransaction,
  type Change,
  REVISION_MEMORY_MS,
  type RecordKey,
  type RecordStore,
  type StoredRecord,
} from '../../core/shared/record-store';

interface Needs {
  readonly db: DynamoDBClient;
  readonly table: string;
  readonly now: () => Date;
}

type Item = Readonly<Record<string, AttributeValue>>;

/** Documents are kept as text: DynamoDB's numbers and empty values are not JSON's. `ends_at` is in milliseconds. */
const LIVE = 'attribute_exists(json) AND (attribute_not_exists(ends_at) OR ends_at > :now)';
const GONE = 'attribute_not_exists(json) OR ends_at <= :now';
/** The table's time-to-live attribute, in seconds. */
const FORGOTTEN_AT = 'forgotten_at';
/** Read at a time, because what is gone is read, too. */
const LEAST_PAGE = 50;
const CONFLICTS = new Set(['ConditionalCheckFailed', 'TransactionConflict']);
const TOO_MUCH = new Set(['ThrottlingError', 'ProvisionedThroughputExceeded']);
/** A transaction that DynamoDB had no room for is sent again: the SDK does that for other calls only. */
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;

/**
 * Records in one DynamoDB table with the keys `pk` and `sk` and the time-to-live attribute
 * `forgotten_at`. Every write is a transaction, also a single one: it carries a token, so that the
 * SDK's retry after a lost answer does not conflict with itself.
 */
export const dynamoRecordStore = ({ db, table: TableName, now }: Needs): RecordStore => ({
  async get(key) {
    const { Item: item } = await db.send(
      new GetItemCommand({ TableName, Key: keyOf(key), ConsistentRead: true }),
    );
    return item && isLive(item, now()) ? toRecord(item) : undefined;
  },

  async list({ partition, prefix = '', limit, after }) {
    const found: Item[] = [];
    let from: Item | undefined = after ? keyOf({ partition, sort: after }) : undefined;
    do {
      const page = await db.send(
        new QueryCommand({
          TableName,
          KeyConditionExpression: prefix ? 'pk = :pk AND begins_with(sk, :prefix)' : 'pk = :pk',
          FilterExpression: LIVE,
          ExpressionAttributeValues: {
            ':pk': { S: partition },
            ':now': milliseconds(now()),
            ...(prefix && { ':prefix': { S: prefix } }),
          },
          Limit: Math.max(LEAST_PAGE, limit + 1),
          ConsistentRead: true,
          ExclusiveStartKey: from,
        }),
      );
      found.push(...(page.Items ?? []));
      from = page.LastEvaluatedKey;
    } while (from && found.length <= limit);
    const records = found.slice(0, limit).map(toRecord);
    const last = records.at(-1);
    return { records, ...(last && found.length > limit && { next: last.sort }) };
  },

  async transact(changes) {
    assertTransaction(changes);
    const TransactItems = changes.map((change) => toWrite(TableName, change, now()));
    for (let attempt = 1; ; attempt += 1) {
      try {
        await db.send(new TransactWriteItemsCommand({ TransactItems }));
        return;
      } catch (error) {
        if (isCanceled(error, CONFLICTS)) {
          throw new DomainError('revision-conflict', 'it was changed meanwhile: read it again');
        }
        if (attempt === ATTEMPTS || !isCanceled(error, TOO_MUCH)) throw error;
        await sleep(FIRST_PAUSE_MS * 2 ** attempt * Math.random());
      }
    }
  },
});

const keyOf = ({ partition, sort }: RecordKey) => ({ pk: { S: partition }, sk: { S: sort } });
const milliseconds = (date: Date) => ({ N: String(date.getTime()) });
const forgottenAt = (end: Date) => ({
  N: String(Math.ceil((end.getTime() + REVISION_MEMORY_MS) / 1000)),
});

const isLive = ({ json, ends_at }: Item, now: Date): boolean =>
  json !== undefined && !(Number(ends_at?.N) <= now.getTime());

const toRecord = ({ pk, sk, json, revision }: Item): StoredRecord => ({
  partition: pk?.S ?? '',
  sort: sk?.S ?? '',
  document: JSON.parse(json?.S ?? ''),
  revision: Number(revision?.N),
});

const toWrite = (TableName: string, change: Change, now: Date): TransactWriteItem => {
  const { seen } = change;
  const on = { TableName, Key: keyOf(change) };
  const ConditionExpression = seen === 0 ? GONE : `${LIVE} AND revision = :seen`;
  const asked = { ':now': milliseconds(now), ...(seen > 0 && { ':seen': { N: String(seen) } }) };
  if ('check' in change || ('remove' in change && seen === 0)) {
    const ExpressionAttributeValues = asked;
    return { ConditionCheck: { ...on, ConditionExpression, ExpressionAttributeValues } };
  }
  // What is gone leaves its revision behind, for the next one to continue.
  const ends = 'put' in change ? change.expiresAt : now;
  const sets = [
    ...('put' in change
      ? ['json = :json', 'revision = if_not_exists(revision, :zero) + :one']
      : []),
    ...(ends ? ['ends_at = :ends', `${FORGOTTEN_AT} = :forgotten`] : []),
  ];
  const removes = 'put' in change ? (ends ? [] : ['ends_at', FORGOTTEN_AT]) : ['json'];
  const remove = removes.length > 0 ? ` REMOVE ${removes.join(', ')}` : '';
  const UpdateExpression = `SET ${sets.join(', ')}${remove}`;
  const ExpressionAttributeValues = {
    ...asked,
    ...('put' in change && {
      ':json': { S: JSON.stringify(change.put) },
      ':zero': { N: '0' },
      ':one': { N: '1' },
    }),
    ...(ends && { ':ends': milliseconds(ends), ':forgotten': forgottenAt(ends) }),
  };
  return { Update: { ...on, ConditionExpression, UpdateExpression, ExpressionAttributeValues } };
};

const isCanceled = (error: unknown, reasons: ReadonlySet<string>): boolean =>
  error instanceof TransactionCanceledException &&
  (error.CancellationReasons ?? []).some(({ Code = '' }) => reasons.has(Code));
