import { randomUUID } from 'node:crypto';
import { CreateTableCommand, DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import type { Limited, RateLimiter, Throttle } from '../../core/access/rate-limiter';
import { describePython } from '../../infra-tests/support/python';
import { rateLimiterContract } from '../contracts/rate-limiter.contract';
import { leaseLimiter } from './lease-limiter';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

const NOON = Date.parse('2026-01-14T12:00:00Z');

describePython('rate limits leased from DynamoDB', (python) => {
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

  const report = (error: unknown) => {
    throw error;
  };

  describe('to one process', () => {
    // A loaded machine may take longer than a request would be made to wait.
    const patienceMs = 10_000;
    rateLimiterContract(async ({ now }) => {
      const table = await newTable();
      return async () => leaseLimiter({ db, table, now, report, patienceMs });
    });
  });

  describe('to several containers', () => {
    let clock = NOON;
    beforeEach(() => {
      clock = NOON;
    });
    const containers = async (count: number): Promise<readonly RateLimiter[]> => {
      const table = await newTable();
      const now = () => new Date(clock);
      return Array.from({ length: count }, () =>
        leaseLimiter({ db, table, now, report, patienceMs: 10_000 }),
      );
    };
    const key = (throttle: Partial<Throttle>): Limited => ({
      subject: `key/${randomUUID()}`,
      throttle: { rate: 100, burst: 200, quota: null, ...throttle },
    });
    const admittedOf = async (all: readonly RateLimiter[], limited: Limited) => {
      const answers = await Promise.all(all.map((one) => one.admit([limited])));
      return answers.filter(({ admitted }) => admitted).length;
    };

    it('shares one burst and one rate among them', async () => {
      const all = await containers(3);
      const wine = key({ rate: 10, burst: 20 });
      let admitted = 0;
      for (let ms = 0; ms <= 2_000; ms += 50) {
        clock = NOON + ms;
        for (let round = 0; round < 3; round += 1) admitted += await admittedOf(all, wine);
      }
      expect(admitted).toBeLessThanOrEqual(20 + 10 * 2);
      expect(admitted).toBeGreaterThanOrEqual(20 + 10 * 2 - all.length * 2);
    });

    it('never exceeds a quota, and uses it to the last request', async () => {
      const all = await containers(3);
      const wine = key({ rate: 1_000, burst: 1_000, quota: { limit: 500, period: 'day' } });
      let admitted = 0;
      for (let round = 0; round < 250; round += 1) {
        clock += 10;
        admitted += await admittedOf(all, wine);
      }
      // Each container asked more often than its share of what was left.
      expect(admitted).toBe(500);
      clock = Date.parse('2026-01-15T00:00:00Z');
      expect(await admittedOf(all, wine)).toBe(3);
    });

    it('goes on counting in the new period while a clock is still in the old one', async () => {
      const table = await newTable();
      const opened = (ms: number) =>
        leaseLimiter({ db, table, now: () => new Date(clock + ms), report, patienceMs: 10_000 });
      const [ahead, behind] = [opened(500), opened(-500)];
      const wine = key({ quota: { limit: 2, period: 'day' } });
      clock = Date.parse('2026-01-15T00:00:00Z');
      expect(await admittedOf([ahead], wine)).toBe(1);
      expect(await admittedOf([behind], wine)).toBe(1);
      expect(await admittedOf([behind, ahead], wine)).toBe(0);
    });

    it('lets one container change the throttle of what they share', async () => {
      const all = await containers(2);
      const wine = key({ rate: 0.001, burst: 4 });
      expect(await admittedOf(all, wine)).toBe(2);
      const tighter = { ...wine, throttle: { ...wine.throttle, burst: 1 } };
      expect(await admittedOf(all, tighter)).toBe(1);
    });

    it('leaves items that DynamoDB forgets when they say nothing any more', async () => {
      const table = await newTable();
      const now = () => new Date(clock);
      const one = leaseLimiter({ db, table, now, report, patienceMs: 10_000 });
      await one.admit([key({ rate: 1, burst: 100_000 })]);
      await one.admit([key({ quota: { limit: 2, period: 'month' } })]);
      const { Items = [] } = await db.send(new ScanCommand({ TableName: table }));
      const forgotten = Items.map(({ forgotten_at }) => Number(forgotten_at?.N) - 24 * 3600);
      const ends = [NOON / 1000 + 100_000, Date.parse('2026-02-01T00:00:00Z') / 1000];
      expect(new Set(forgotten)).toEqual(new Set(ends));
      for (const { pk } of Items) expect(pk?.S).toMatch(/^limits#key\//);
    });
  });
});
