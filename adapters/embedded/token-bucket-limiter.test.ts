import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { rateLimiterContract } from '../contracts/rate-limiter.contract';
import { tokenBucketLimiter } from './token-bucket-limiter';

describe('token buckets', () => {
  const folder = mkdtempSync(join(tmpdir(), 'limits-'));
  let files = 0;
  const nextFile = () => join(folder, `${files++}.db`);
  afterAll(() => rmSync(folder, { recursive: true }));

  const report = (error: unknown) => {
    throw error;
  };

  rateLimiterContract(async ({ now }) => {
    const file = nextFile();
    return async () => tokenBucketLimiter(file, { now, report });
  });

  const now = () => new Date('2026-01-14T12:00:00Z');
  const daily = { rate: 1000, burst: 1000, quota: { limit: 5, period: 'day' as const } };
  const wine = { subject: 'service/wine', throttle: daily };
  const usedIn = (file: string) => {
    const db = new DatabaseSync(file);
    const row = db.prepare('SELECT used FROM quota_count').get();
    db.close();
    return row?.used;
  };
  const until = async (holds: () => boolean) => {
    const deadline = Date.now() + 5000;
    while (!holds() && Date.now() < deadline) await new Promise((go) => setTimeout(go, 20));
    expect(holds()).toBe(true);
  };

  it('answers at once', async () => {
    const limiter = tokenBucketLimiter(':memory:', { now, report });
    expect(limiter.admit([wine])).toEqual({ admitted: true });
    await limiter.close();
  });

  it('writes what was used of quotas within about a second, without being closed', async () => {
    const file = nextFile();
    const limiter = tokenBucketLimiter(file, { now, report });
    for (let i = 0; i < 3; i++) limiter.admit([wine]);
    await until(() => usedIn(file) === 3);
    await limiter.close();
  });

  it('goes on when the counts cannot be written, says so, and writes them later', async () => {
    const file = nextFile();
    const errors: unknown[] = [];
    const limiter = tokenBucketLimiter(file, { now, report: (error) => errors.push(error) });
    const other = new DatabaseSync(file);
    expect(limiter.admit([wine]).admitted).toBe(true);
    other.exec('ALTER TABLE quota_count RENAME TO away');
    await until(() => errors.length > 0);
    expect(limiter.admit([wine]).admitted).toBe(true);
    other.exec('ALTER TABLE away RENAME TO quota_count');
    other.close();
    await limiter.close();
    expect(usedIn(file)).toBe(2);
  });

  it('remembers a bounded number of subjects and forgets idle ones first', async () => {
    let clock = now().getTime();
    const limiter = tokenBucketLimiter(nextFile(), {
      now: () => new Date(clock),
      report,
      capacity: 10,
    });
    const slow = { rate: 0.001, burst: 1, quota: null };
    const busy = { subject: 'service/busy', throttle: slow };
    for (let i = 0; i < 9; i++) limiter.admit([{ subject: `key/${i}`, throttle: daily }]);
    expect(limiter.admit([busy]).admitted).toBe(true);
    clock += 1000;
    for (let i = 9; i < 15; i++) limiter.admit([{ subject: `key/${i}`, throttle: daily }]);
    expect(limiter.admit([busy]).admitted).toBe(false);
    await limiter.close();
  });

  it('keeps the counts of subjects it has to forget', async () => {
    const limiter = tokenBucketLimiter(nextFile(), { now, report, capacity: 10 });
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 40; i++) {
        const key = { subject: `key/${i}`, throttle: daily };
        expect(limiter.admit([key]).admitted).toBe(true);
      }
    }
    for (let i = 0; i < 40; i++) {
      expect(limiter.admit([{ subject: `key/${i}`, throttle: daily }])).toMatchObject({
        reason: 'quota-exceeded',
      });
    }
    await limiter.close();
  });

  it('counts a request whose service it forgets to remember its key', async () => {
    let clock = now().getTime();
    const limiter = tokenBucketLimiter(nextFile(), {
      now: () => new Date(clock),
      report,
      capacity: 10,
    });
    for (let i = 0; i < 4; i++) limiter.admit([wine]);
    for (let i = 0; i < 9; i++) limiter.admit([{ subject: `key/${i}`, throttle: daily }]);
    clock += 10_000;
    expect(limiter.admit([wine, { subject: 'key/new', throttle: daily }]).admitted).toBe(true);
    expect(limiter.admit([wine])).toMatchObject({ reason: 'quota-exceeded' });
    await limiter.close();
  });

  it('forgets counts of periods that are long over', async () => {
    const file = nextFile();
    const first = tokenBucketLimiter(file, { now, report });
    first.admit([wine]);
    await first.close();
    const later = () => new Date('2026-04-01T00:00:00Z');
    await tokenBucketLimiter(file, { now: later, report }).close();
    expect(usedIn(file)).toBeUndefined();
  });
});
