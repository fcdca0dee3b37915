import type {
  CloudWatchLogsClient,
  FilterLogEventsCommand,
  FilterLogEventsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import * as fc from 'fast-check';
import { platformLine } from './cloudwatch-log-store-line';
import { findEvents } from './cloudwatch-log-store-reader';

const START = Date.parse('2026-01-01T12:00:00Z');
const all = { service: 'wine', from: START, to: Number.POSITIVE_INFINITY, limit: 100 };

interface Event {
  readonly group: string;
  readonly timestamp: number;
  readonly ingestionTime: number;
  readonly message: string;
}

type Answer = Pick<FilterLogEventsCommandOutput, 'events' | 'nextToken'>;

/**
 * Stands in for CloudWatch Logs, because the emulator gives no tokens and no empty pages: the events
 * of a group in its order, so many at a time, with empty pages between them.
 */
const logsOf =
  (events: readonly Event[], atATime = 10_000, empty = 0) =>
  async ({ input }: FilterLogEventsCommand): Promise<Answer> => {
    const { logGroupName, startTime = 0, limit = 10_000, nextToken = '0-0' } = input;
    const found = events
      .filter(({ group, timestamp }) => group === logGroupName && timestamp >= startTime)
      .toSorted((a, b) => a.timestamp - b.timestamp || a.ingestionTime - b.ingestionTime);
    const [from = 0, empties = 0] = nextToken.split('-').map(Number);
    if (empties < empty) return { events: [], nextToken: `${from}-${empties + 1}` };
    const end = from + Math.min(limit, atATime);
    const isLast = end >= found.length;
    return { events: found.slice(from, end), ...(!isLast && { nextToken: `${end}-0` }) };
  };

const finder = (send: ReturnType<typeof logsOf>, patienceMs = 10_000) =>
  findEvents({ client: { send } as unknown as CloudWatchLogsClient, patienceMs });
const sourcesOf = (groups: readonly string[]) =>
  groups.map((group) => ({ group, lineOf: platformLine }));

describe('reading several log groups as one', () => {
  const groups = ['a', 'b', 'c'];

  it('gives each line once and in order, whatever comes in between and how it is paged', async () => {
    const event = fc.record({
      group: fc.constantFrom(...groups),
      // Later than younger ones by up to 10 s, often at the same moment.
      ago: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(9_000)),
    });
    const batches = fc.array(
      fc.record({
        wait: fc.oneof(fc.constant(0), fc.nat(3), fc.nat(20_000)),
        events: fc.array(event, { maxLength: 12 }),
      }),
      { maxLength: 12 },
    );
    const few = fc.integer({ min: 1, max: 5 });
    await fc.assert(
      fc.asyncProperty(batches, few, few, fc.nat(2), async (script, limit, atATime, empty) => {
        const events: Event[] = [];
        const find = finder(logsOf(events, atATime, empty));
        const seen: string[] = [];
        let clock = START + 10_000;
        let ingestionTime = clock;
        let cursor: string | undefined;
        for (const { wait, events: some } of script) {
          clock += wait;
          ingestionTime = Math.max(ingestionTime + 1, clock);
          for (const { group, ago } of some) {
            const message = JSON.stringify({ message: `${events.length}` });
            events.push({ group, timestamp: clock - ago, ingestionTime, message });
          }
          for (;;) {
            const page = await find(sourcesOf(groups), { ...all, limit, cursor });
            const times = page.items.map(({ time }) => time);
            expect(times).toEqual(times.toSorted());
            expect(page.items.length).toBeLessThanOrEqual(limit);
            expect(page.next_cursor.length).toBeLessThanOrEqual(256);
            cursor = page.next_cursor;
            seen.push(...page.items.map(({ message }) => message));
            if (page.items.length === 0) break;
          }
        }
        const numbers = seen.map(Number).toSorted((a, b) => a - b);
        expect(numbers).toEqual(events.map((_, i) => i));
      }),
      { numRuns: 300 },
    );
  });

  const event = (second: number, message: string): Event => ({
    ...{ group: 'a', timestamp: START + second * 1000, ingestionTime: START + second * 1000 },
    message: JSON.stringify({ message }),
  });

  it('looks on until something is found', async () => {
    const events = Array.from({ length: 500 }, (_, i) => event(i, `line ${i}`));
    const find = finder(logsOf(events, 3, 2));
    const { items } = await find(sourcesOf(['a']), { ...all, q: 'LINE 499' });
    expect(items.map(({ message }) => message)).toEqual(['line 499']);
  });

  it('ends a page with what there was time for, and goes on from there', async () => {
    const events = Array.from({ length: 50 }, (_, i) => event(i * 60, `line ${i}`));
    const read = logsOf(events, 10);
    const find = finder(async (command) => {
      await new Promise((go) => setTimeout(go, 20));
      return read(command);
    }, 50);
    const seen: string[] = [];
    let pages = 0;
    for (let cursor: string | undefined; seen.length < 50 && pages < 50; pages += 1) {
      const page = await find(sourcesOf(['a']), { ...all, cursor });
      seen.push(...page.items.map(({ message }) => message));
      cursor = page.next_cursor;
    }
    expect(seen).toEqual(events.map((_, i) => `line ${i}`));
    expect(pages).toBeGreaterThan(1);
  });

  it('says so when nothing at all was read in time', async () => {
    const find = finder(async () => {
      await new Promise((go) => setTimeout(go, 2));
      return { events: [], nextToken: 'more' };
    }, 20);
    const cursor = `${START}-0-0`;
    await expect(find(sourcesOf(['a']), { ...all, cursor })).rejects.toMatchObject({
      ...{ kind: 'unavailable', retryAfterS: 1 },
    });
  });

  it('passes on why CloudWatch refuses to read', async () => {
    const find = finder(() => Promise.reject(new Error('AccessDenied')));
    await expect(find(sourcesOf(['a']), all)).rejects.toThrow('AccessDenied');
  });
});
