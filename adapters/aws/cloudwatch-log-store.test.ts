import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CloudWatchLogsClient,
  CreateLogGroupCommand,
  CreateLogStreamCommand,
  DescribeLogGroupsCommand,
  PutLogEventsCommand,
} from '@aws-sdk/client-cloudwatch-logs';
import type { LogLine } from '../../core/services/log-store';
import { describePython } from '../../infra-tests/support/python';
import { logStoreContract } from '../contracts/log-store.contract';
import { cloudWatchLogStore } from './cloudwatch-log-store';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

const START = Date.parse('2026-01-01T12:00:00Z');
const at = (second: number): string => new Date(START + second * 1000).toISOString();
const line = (second: number, message = `line ${second}`): LogLine => ({
  ...{ time: at(second), level: 'info', version: 'v1', instance: null, message },
});
const all = { service: 'wine', from: START, to: Number.POSITIVE_INFINITY, limit: 1_000 };

describePython('log store on CloudWatch Logs', (python) => {
  let emulator: MiniStack;
  let client: CloudWatchLogsClient;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    client = new CloudWatchLogsClient(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    client.destroy();
    await emulator.stop();
  });

  const reports: unknown[] = [];
  beforeEach(() => {
    reports.length = 0;
  });

  const needsOf = (stage: string) => ({
    ...{ client, stage, stream: '2026/01/01/[$LATEST]0198', retentionDays: 30 },
    endpointsOf: async (service: string) => [`tidegate-${stage}-${service}`],
    notesGroup: `predict-${stage}`,
    madeAt: async (_service: string): Promise<number | undefined> => START,
    exists: async (_service: string) => true,
    now: () => new Date(START),
    report: (error: unknown) => {
      reports.push(error);
    },
  });
  const home = (more: Partial<Parameters<typeof cloudWatchLogStore>[0]> = {}) => {
    const stage = `s${randomUUID()}`;
    const open = (yetMore: typeof more = {}) =>
      cloudWatchLogStore({ ...needsOf(stage), ...more, ...yetMore });
    return { stage, open, store: open() };
  };
  const messages = async (store: ReturnType<typeof cloudWatchLogStore>, query = {}) => {
    const { items } = await store.find({ ...all, ...query });
    return items.map(({ message }) => message);
  };

  type Events = readonly (readonly [second: number, message: string])[];
  const written = async (logGroupName: string, logStreamName: string, events: Events) => {
    await client.send(new CreateLogGroupCommand({ logGroupName })).catch(() => undefined);
    const stream = new CreateLogStreamCommand({ logGroupName, logStreamName });
    await client.send(stream).catch(() => undefined);
    const logEvents = events.map(([second, message]) => ({
      ...{ timestamp: START + second * 1000, message },
    }));
    await client.send(new PutLogEventsCommand({ logGroupName, logStreamName, logEvents }));
  };
  /** As SageMaker writes what a container prints. */
  const printed = (endpoint: string, stream: string, ...events: Events): Promise<void> =>
    written(`/aws/sagemaker/Endpoints/${endpoint}`, stream, events);
  /** As Lambda writes what Powertools' logger says. */
  const noted = (stage: string, ...events: readonly (readonly [number, object])[]) =>
    written(
      `predict-${stage}`,
      '2026/01/01/[7]0198',
      events.map(([second, said]) => [second, JSON.stringify({ service: 'predict', ...said })]),
    );
  const groupsOf = async (stage: string) => {
    const logGroupNamePrefix = `/tidegate/${stage}/`;
    const answer = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    return (answer.logGroups ?? []).map(({ logGroupName = '', retentionInDays }) => [
      logGroupName.slice(logGroupNamePrefix.length),
      retentionInDays,
    ]);
  };

  logStoreContract(async () => {
    const { open, store } = home();
    return { store, reopen: async () => open() };
  });

  it('reads what the platform and all replicas wrote as one log', async () => {
    const { stage, store } = home({
      endpointsOf: async () => [`tidegate-${stage}-wine`, `tidegate-${stage}-wine-0a1b2c3d`],
    });
    const shared = `tidegate-${stage}-wine`;
    const error = JSON.stringify({
      time: 'x',
      level: 'error',
      message: 'no answer',
      stack: 'at a',
      ...{ request_id: 'r-1', trace_id: '0af7' },
    });
    await printed(shared, 'v1/i-0aa', [0, 'ready'], [3, error]);
    await printed(shared, 'v1/i-0bb', [1, '{"level":"WARN"}'], [4, '{"level": ']);
    await printed(`${shared}-0a1b2c3d`, 'v2/d-0cc', [2, '{"level":"warning","message":"slow"}']);
    store.append('wine', { ...line(5), level: 'error', instance: 'i-0aa' });
    const { items } = await store.find(all);
    const said = ({ time, level, version, instance, message }: LogLine) =>
      [time.slice(17, 19), level, version, instance, message].join(' ');
    expect(items.map(said)).toEqual([
      '00 info v1 i-0aa ready',
      '01 warning v1 i-0bb {"level":"WARN"}',
      '02 warning v2 d-0cc slow',
      '03 error v1 i-0aa no answer (request r-1, trace 0af7)\nat a',
      '04 info v1 i-0bb {"level": ',
      '05 error v1 i-0aa line 5',
    ]);
    expect(await messages(store, { version: 'v2' })).toEqual(['slow']);
    expect(await messages(store, { instance: 'i-0aa', q: 'LINE' })).toEqual(['line 5']);
  });

  it('gives who follows it each line once, in pages of any size, also those that come in late', async () => {
    const { stage, store } = home();
    const endpoint = `tidegate-${stage}-wine`;
    const seen: string[] = [];
    let cursor: string | undefined;
    const follow = async (limit: number) => {
      for (;;) {
        const page = await store.find({ ...all, limit, cursor });
        cursor = page.next_cursor;
        seen.push(...page.items.map(({ message }) => message));
        if (page.items.length === 0) return;
      }
    };
    await printed(endpoint, 'v1/a', [1, 'a1'], [5, 'a5'], [5, 'a5 again'], [5, 'a5 still']);
    await follow(2);
    // CloudWatch reckons in milliseconds when it took something in.
    await sleep(5);
    await printed(endpoint, 'v1/b', [2, 'b2'], [3, 'b3'], [3, 'b3 again'], [5, 'b5'], [6, 'b6']);
    store.append('wine', line(4, 'p4'));
    await follow(2);
    const first = ['a1', 'a5', 'a5 again', 'a5 still'];
    expect(seen).toEqual([...first, 'b2', 'b3', 'b3 again', 'p4', 'b5', 'b6']);
  });

  it('has what the function for predictions noted of a service in its place, and of no other', async () => {
    const { stage, store } = home();
    const error = { name: 'ThrottlingException', message: 'Rate exceeded', stack: 'at a' };
    const note = { level: 'WARN', of_service: 'wine', version: 'v1', message: 'slow request 1' };
    await printed(`tidegate-${stage}-wine`, 'v1/i-0aa', [0, 'ready'], [2, 'busy']);
    await noted(
      stage,
      [1, note],
      [2, { ...note, of_service: 'wine-red' }],
      [2, { level: 'ERROR', message: 'of_service: "wine" and no line of it' }],
      [3, { level: 'ERROR', of_service: 'wine', message: 'Firehose takes nothing', error }],
      [4, { ...note, of_service: ['wine'] }],
      [4, { of_service: 'wine', message: 7 }],
    );
    await written(`predict-${stage}`, 'raw', [
      [4, '{"of_service":"wine"'],
      [4, 'wine'],
    ]);
    const { items } = await store.find(all);
    expect(items.map(({ time, ...rest }) => [Date.parse(time) - START, rest])).toEqual([
      [0, expect.objectContaining({ message: 'ready' })],
      [1_000, { level: 'warning', version: 'v1', instance: null, message: 'slow request 1' }],
      [2_000, expect.objectContaining({ message: 'busy' })],
      [
        3_000,
        {
          ...{ level: 'error', version: null, instance: null },
          message: 'Firehose takes nothing: ThrottlingException: Rate exceeded',
        },
      ],
    ]);
    expect(await messages(store, { q: 'SLOW', version: 'v1' })).toEqual(['slow request 1']);
    expect(await messages(store, { instance: 'i-0aa' })).toEqual(['ready', 'busy']);
  });

  it('pages through and follows what was noted', async () => {
    const { stage, store } = home();
    const note = (second: number, of_service = 'wine') =>
      [second, { of_service, message: `note ${second}` }] as const;
    await noted(stage, note(0), note(0, 'beer'), note(1), note(1, 'beer'), note(2));
    const seen: string[] = [];
    let cursor: string | undefined;
    const follow = async () => {
      for (;;) {
        const page = await store.find({ ...all, limit: 1, cursor });
        cursor = page.next_cursor;
        if (page.items.length === 0) return;
        seen.push(...page.items.map(({ message }) => message));
      }
    };
    await follow();
    await sleep(5);
    await noted(stage, note(1.5), note(2, 'beer'), note(3));
    await follow();
    expect(seen).toEqual(['note 0', 'note 1', 'note 2', 'note 1.5', 'note 3']);
  });

  it('gives a service nothing that was noted of one of its name before it', async () => {
    const { stage, open } = home();
    await noted(stage, [1, { of_service: 'wine', message: 'of the old' }]);
    await noted(stage, [5, { of_service: 'wine', message: 'of the new' }]);
    expect(await messages(open({ madeAt: async () => START + 5_000 }))).toEqual(['of the new']);
    expect(await messages(open({ madeAt: async () => undefined }))).toEqual([]);
  });

  it('refuses a cursor that only looks like one', async () => {
    const { store } = home();
    for (const cursor of ['1-2', '1-2-3-4', '-1-2-3', '1e3-0-0', `${'9'.repeat(16)}-0-0`]) {
      await expect(store.find({ ...all, cursor })).rejects.toMatchObject({ kind: 'bad-request' });
    }
  });

  it('makes a group that does not grow for ever, for the first line of a service', async () => {
    const { stage, open, store } = home();
    expect(await groupsOf(stage)).toEqual([]);
    const other = open({ stream: 'other' });
    store.append('wine', line(0));
    other.append('wine', line(1));
    await Promise.all([store.flush(), other.flush()]);
    expect(await groupsOf(stage)).toEqual([['services/wine', 30]]);
    expect(await messages(store)).toEqual(['line 0', 'line 1']);
    expect(reports).toEqual([]);
  });

  it('writes lines in the order of their times, and of any number', async () => {
    const { open, store } = home({ mostBytes: 1 << 24 });
    const days = [3, 1, 2].map((day) => line(day * 86_400));
    const many = Array.from({ length: 12_000 }, (_, i) => line(i % 60, `${i}`.padEnd(150)));
    for (const one of [...days, ...many]) store.append('wine', one);
    await store.close();
    // CloudWatch gives no more than 10,000 at a time.
    const first = await open().find({ ...all, limit: 20_000 });
    const rest = await open().find({ ...all, limit: 20_000, cursor: first.next_cursor });
    const found = [...first.items, ...rest.items];
    expect(found).toHaveLength(12_003);
    expect(found.slice(-3)).toEqual(days.toSorted((a, b) => a.time.localeCompare(b.time)));
    expect(new Set(found.map(({ message }) => message)).size).toBe(12_003);
    expect(reports).toEqual([]);
  });

  it('does not bring the group of a service back that is gone', async () => {
    const services = new Set(['wine']);
    const { stage, open, store } = home({ exists: async (service) => services.has(service) });
    store.append('wine', line(0));
    await store.flush();
    store.append('wine', line(1));
    services.delete('wine');
    await open().remove('wine');
    await store.flush();
    expect(await groupsOf(stage)).toEqual([]);
    expect(reports).toEqual([]);
  });

  it('leaves the logs of replicas to the stack of the service', async () => {
    const { stage, store } = home();
    await printed(`tidegate-${stage}-wine`, 'v1/a', [0, 'ready']);
    store.append('wine', line(1));
    await store.flush();
    await store.remove('wine');
    expect(await messages(store)).toEqual(['ready']);
  });

  it('drops and counts what is more than memory is meant for', async () => {
    const { store } = home({ mostBytes: 1_000 });
    for (let i = 0; i < 100; i += 1) store.append('wine', line(i / 1000));
    await store.flush();
    const { items } = await store.find(all);
    expect(items.length).toBeLessThan(20);
    expect(items.filter(({ level }) => level === 'warning')).toEqual([
      expect.objectContaining({
        message: expect.stringContaining(`${100 - items.length + 1} lines are missing here`),
      }),
    ]);
  });

  it('reports once that it cannot write, counts the lines and goes on when it can', async () => {
    const { open, store } = home();
    const faults = [new Error('down'), new Error('still down')];
    const exists = async () => {
      const fault = faults.shift();
      if (fault) throw fault;
      return true;
    };
    const failing = open({ exists });
    for (const second of [0, 1]) {
      failing.append('wine', line(second));
      await failing.flush();
    }
    expect(reports).toEqual([new Error('down')]);
    failing.append('wine', line(2));
    await failing.flush();
    expect(await messages(store)).toEqual([
      expect.stringMatching(/^2 lines are missing here/),
      'line 2',
    ]);
  });

  it('takes no name that would be another group', async () => {
    const { store } = home();
    expect(() => store.append('../wine', line(0))).toThrow(RangeError);
    await expect(store.remove('wine/x')).rejects.toThrow(RangeError);
  });
});
