import { until } from '../../support/api';
import type { Fault, Rule } from './fault-proxy';
import type { FaultyHome } from './faulty-home';
import { predictEvent } from './gateway-events';
import { anyMinute, draftOf, minutesUntil, serviceIn } from './running-service';

/** The edge waits no longer. */
const EDGE_MS = 29_000;
/** The SDK asks twice at most, DynamoDB three times. */
const ATTEMPTS = 2;
const WRITES = 3;
const FAILING_MINUTES = 15;

const cloudformation = (fault: Fault, operation?: string): Rule => ({
  ...{ service: 'cloudformation', fault, ms: 60_000 },
  ...(operation !== undefined && { operation }),
});

/** What operators want, while CloudFormation, SageMaker and DynamoDB fail: needs `captured`, running. */
export const controlFaults = (homeOf: () => FaultyHome): void => {
  const create = async (name: string) => {
    const since = performance.now();
    const made = await homeOf().control('/api/services', {}, { body: draftOf(name, { v1: 1 }) });
    return { status: made.status, ms: performance.now() - since };
  };
  interface Told {
    readonly type: string;
    readonly message: string;
  }
  const eventsOf = async (service: string): Promise<readonly Told[]> => {
    const found = await homeOf().control('/api/services/{service}/events', { service });
    return found.body.items as readonly Told[];
  };
  const told = async (service: string): Promise<readonly string[]> =>
    (await eventsOf(service)).map(({ type }) => type);
  const reasonOf = async (service: string): Promise<unknown> => {
    const found = await homeOf().control('/api/services/{service}/versions', { service });
    return (found.body.items as readonly Record<string, unknown>[])[0]?.status_reason;
  };
  const limits = (max_rows: number) =>
    homeOf().control(
      '/api/services/{service}',
      { service: 'captured' },
      { method: 'PATCH', body: { max_rows } },
    );

  beforeEach(() => homeOf().proxy.inject());

  describe('what is wanted', () => {
    it.each([
      ['throttle', 'AWS is asked too much (Throttling)'],
      ['error500', 'AWS does not answer (InternalFailure)'],
      ['reset', 'AWS does not answer (ECONNRESET)'],
      ['slow', 'AWS does not answer (ETIMEDOUT)'],
      ['denied', 'a right is missing (User: arn:aws:iam::000000000000:role/test is not'],
    ] as const)(
      'is accepted and brought about when CloudFormation, that answered with %s, is well again',
      async (fault, why) => {
        const { proxy } = homeOf();
        const name = `made-${fault}`;
        proxy.inject(cloudformation(fault));
        const { status, ms } = await create(name);
        expect(status).toBe(201);
        expect(ms).toBeLessThan(EDGE_MS);
        expect(await serviceIn(homeOf(), name)).toMatchObject({ status: 'starting' });
        const message = expect.stringContaining(why);
        expect(await eventsOf(name)).toEqual([
          expect.objectContaining({ type: 'apply-failed', message }),
        ]);
        expect(await reasonOf(name)).toEqual(message);
        expect(proxy.count('cloudformation')).toBeLessThanOrEqual(ATTEMPTS);
        proxy.inject();
        await minutesUntil(homeOf(), name, 'running');
        expect(await told(name)).toContain('running');
        expect(await reasonOf(name)).toBeNull();
      },
      60_000,
    );

    it('is made once when CloudFormation makes it and does not say so', async () => {
      const { proxy } = homeOf();
      proxy.inject(cloudformation('lost', 'CreateStack'));
      expect((await create('made-lost')).status).toBe(201);
      proxy.inject();
      await minutesUntil(homeOf(), 'made-lost', 'running');
      // Neither made again nor taken down.
      expect(proxy.count('cloudformation', 'CreateStack')).toBe(0);
      expect(proxy.count('cloudformation', 'DeleteStack')).toBe(0);
    }, 60_000);

    it('is reached after every second call of everything has failed for a while', async () => {
      const { proxy } = homeOf();
      const half = ['cloudformation', 'sagemaker', 'dynamodb'].map(
        (service): Rule => ({ service, fault: 'half' }),
      );
      proxy.inject(...half);
      // It may have been made without a word, too.
      await until(
        () => create('made-half'),
        ({ status }) => status === 201 || status === 409,
      );
      // How far it comes meanwhile is left open: the SDK tries nothing again once much has failed.
      for (let minutes = 0; minutes < FAILING_MINUTES; minutes += 1) await anyMinute(homeOf());
      expect(proxy.count('cloudformation', 'DeleteStack')).toBe(0);
      proxy.inject();
      await minutesUntil(homeOf(), 'made-half', 'running');
    }, 90_000);

    it('is brought about also while another deletion cannot be ended', async () => {
      const { proxy } = homeOf();
      const named = { service: 'made-half' };
      await homeOf().control('/api/services/{service}/stop', named, { method: 'POST' });
      await minutesUntil(homeOf(), named.service, 'stopped');
      const noLogs: Rule = { service: 'logs', fault: 'error500' };
      proxy.inject(cloudformation('error500', 'CreateStack'), noLogs);
      const asked = { method: 'DELETE' };
      expect((await homeOf().control('/api/services/{service}', named, asked)).status).toBe(500);
      await create('made-beside');
      proxy.inject(noLogs);
      // The alarm hears of it, and the other services do not.
      await expect(homeOf().minute()).rejects.toThrow('not all could be looked after');
      await until(
        async () => {
          await anyMinute(homeOf());
          return serviceIn(homeOf(), 'made-beside');
        },
        ({ status }) => status === 'running',
      );
      proxy.inject();
      await homeOf().minute();
    }, 60_000);

    it('is deleted to the end', async () => {
      const { proxy } = homeOf();
      const named = { service: 'made-lost' };
      await homeOf().control('/api/services/{service}/stop', named, { method: 'POST' });
      await minutesUntil(homeOf(), named.service, 'stopped');
      proxy.inject(cloudformation('throttle', 'DeleteStack'));
      await homeOf().control('/api/services/{service}', named, { method: 'DELETE' });
      proxy.inject();
      await until(
        async () => {
          await homeOf().minute();
          return proxy.count('cloudformation', 'DeleteStack');
        },
        (count) => count > 0,
      );
      expect((await homeOf().control('/api/services/{service}', named)).status).toBe(404);
    }, 60_000);

    it.each(['reset', 'slow'] as const)(
      'is accepted, and brought about within the minute, when nobody can be told of it (%s)',
      async (fault) => {
        const { proxy } = homeOf();
        const name = `untold-${fault}`;
        proxy.inject({ service: 'lambda', fault, ms: 60_000 });
        const { status, ms } = await create(name);
        expect(status).toBe(201);
        expect(ms).toBeLessThan(EDGE_MS);
        expect(proxy.count('lambda')).toBe(ATTEMPTS);
        expect(proxy.count('cloudformation')).toBe(0);
        proxy.inject();
        await minutesUntil(homeOf(), name, 'running');
      },
      60_000,
    );
  });

  describe('what runs', () => {
    it('says which of its alarms rang, though nothing can be looked at', async () => {
      const home = homeOf();
      home.proxy.inject(cloudformation('error500'));
      await home.hear({
        alarmName: 'tidegate-test-service-captured-AlarmCapture-1ABC2DEF3',
        ...{ state: { value: 'ALARM', reason: 'late' }, previousState: { value: 'OK' } },
        configuration: { description: 'What captured answered is not delivered' },
      });
      const message = 'What captured answered is not delivered. CloudWatch says: late';
      const event = { type: 'alarm', level: 'warning', message };
      expect(await eventsOf('captured')).toContainEqual(expect.objectContaining(event));
    }, 60_000);

    it.each([
      cloudformation('throttle'),
      cloudformation('error500'),
      cloudformation('half'),
      ...(['throttle', 'half'] as const).map((fault): Rule => {
        return { service: 'sagemaker', operation: 'DescribeEndpoint', fault };
      }),
    ])(
      'goes on, is not changed, and is asked after within bounds ($service: $fault)',
      async (rule) => {
        const home = homeOf();
        home.proxy.inject();
        await home.minute();
        const healthy = home.proxy.count(rule.service, rule.operation);
        home.proxy.inject(rule);
        await home.minute();
        expect(home.proxy.count(rule.service, rule.operation)).toBeLessThanOrEqual(
          healthy * ATTEMPTS,
        );
        expect(await serviceIn(home, 'captured')).toMatchObject({ status: 'running' });
        for (const operation of ['CreateStack', 'UpdateStack', 'DeleteStack']) {
          expect([operation, home.proxy.count('cloudformation', operation)]).toEqual([
            operation,
            0,
          ]);
        }
        const container = await home.start('predict');
        const { answer } = await container.invoke(predictEvent('captured', [[1, 2]]));
        expect(answer.statusCode).toBe(200);
        await container.stop();
      },
      60_000,
    );
  });

  describe('a write', () => {
    it('is tried again when DynamoDB takes it a moment later', async () => {
      let refusals = 2;
      const when: Rule['when'] = () => refusals-- > 0;
      const rule = {
        service: 'dynamodb',
        operation: 'TransactWriteItems',
        fault: 'throttle',
      } as const;
      homeOf().proxy.inject({ ...rule, when });
      expect(await limits(7)).toMatchObject({ status: 200, body: { max_rows: 7 } });
    });

    it.each(['throttle', 'error500', 'slow'] as const)(
      'ends soon with 500 when DynamoDB goes on with %s, and is done when it is asked for again',
      async (fault) => {
        const { proxy } = homeOf();
        proxy.inject({ service: 'dynamodb', operation: 'TransactWriteItems', fault, ms: 60_000 });
        const since = performance.now();
        expect((await limits(8)).status).toBe(500);
        expect(performance.now() - since).toBeLessThan(EDGE_MS);
        expect(proxy.count('dynamodb', 'TransactWriteItems')).toBeLessThanOrEqual(3 * WRITES);
        proxy.inject();
        expect(await limits(8)).toMatchObject({ status: 200, body: { max_rows: 8 } });
        await limits(9);
      },
      40_000,
    );

    it('is done once when DynamoDB does it and does not say so', async () => {
      let losses = 1;
      const when: Rule['when'] = () => losses-- > 0;
      const before = Number((await serviceIn(homeOf(), 'captured')).revision);
      const rule = { service: 'dynamodb', operation: 'TransactWriteItems', fault: 'lost' } as const;
      homeOf().proxy.inject({ ...rule, when });
      expect(await limits(10)).toMatchObject({ status: 200, body: { revision: before + 1 } });
    });
  });
};
