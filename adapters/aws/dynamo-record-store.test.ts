import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import { REVISION_MEMORY_MS } from '../../core/shared/record-store';
import { describePython } from '../../infra-tests/support/python';
import { recordStoreContract } from '../contracts/record-store.contract';
import { dynamoRecordStore } from './dynamo-record-store';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

describePython('DynamoDB record store', (python) => {
  let emulator: MiniStack;
  let db: DynamoDBClient;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    db = new DynamoDBClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    db.destroy();
    await emulator.stop();
  });

  const newTable = async (): Promise<string> => {
    const table = randomUUID();
    await db.send(
      new CreateTableCommand({
        TableName: table,
        BillingMode: 'PAY_PER_REQUEST',
        AttributeDefinitions: [
          { AttributeName: 'pk', AttributeType: 'S' },
          { AttributeName: 'sk', AttributeType: 'S' },
        ],
        KeySchema: [
          { AttributeName: 'pk', KeyType: 'HASH' },
          { AttributeName: 'sk', KeyType: 'RANGE' },
        ],
      }),
    );
    return table;
  };

  recordStoreContract(async ({ now }) => {
    const table = await newTable();
    const open = () => dynamoRecordStore({ db, table, now });
    return [open(), open()];
  });

  it('lets DynamoDB forget what is gone when no writer can still hold its revision', async () => {
    const table = await newTable();
    const now = () => new Date('2026-01-01T00:00:00.500Z');
    const store = dynamoRecordStore({ db, table, now });
    const key = { partition: 'p', sort: 'a' };
    const forgotten = async () => {
      const { Items = [] } = await db.send(new ScanCommand({ TableName: table }));
      return Items.map(({ forgotten_at, json }) => [Number(forgotten_at?.N), json?.S]);
    };
    await store.transact([{ ...key, seen: 0, put: 1, expiresAt: new Date('2026-01-02') }]);
    const memory = REVISION_MEMORY_MS / 1000;
    expect(await forgotten()).toEqual([[Date.parse('2026-01-02') / 1000 + memory, '1']]);
    await store.transact([{ ...key, seen: 1, put: 2 }]);
    expect(await forgotten()).toEqual([[Number.NaN, '2']]);
    await store.transact([{ ...key, seen: 2, remove: true }]);
    const removed = Math.ceil(now().getTime() / 1000) + memory;
    expect(await forgotten()).toEqual([[removed, undefined]]);
  });
});
