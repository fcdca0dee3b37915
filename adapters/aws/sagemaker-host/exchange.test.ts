import { setTimeout as sleep } from 'node:timers/promises';
import {
  DescribeStacksCommand,
  GetTemplateCommand,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { CloudWatchLogsClient, DescribeLogGroupsCommand } from '@aws-sdk/client-cloudwatch-logs';
import { ListEndpointsCommand } from '@aws-sdk/client-sagemaker';
import type { ServicePlan, VersionState } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { describePython } from '../../../infra-tests/support/python';
import { ask } from '../../embedded/local-host-fixture';
import { hostRecords } from './host-record';
import { type OpenHost, openHost, until } from './testing/open-host';
import { servicePlan, stoppedPlan, versionPlan } from './testing/plans';

const serverless = { serverless: { memory_mb: 2048, concurrency: 5 } };
const range = { instances: { type: 'ml.m5.large', min: 2, max: 4 } };
/** Longer than the prediction path goes on with what it knows. */
const DRAIN_MS = 11_000;
/** Longer than it asks what is not wanted any more. */
const HEARD_MS = 16_000;

describePython('exchange of a model', (python) => {
  let test: OpenHost;
  let one: ModelVersion;
  let ten: ModelVersion;
  /** Answers 5 times the sum, and is expected to answer something else. */
  let wrong: ModelVersion;
  beforeAll(async () => {
    test = await openHost(python);
    one = await test.model(1, 1, 3);
    ten = await test.model(2, 10, 30);
    wrong = await test.model(3, 5, 4);
  }, 90_000);
  afterAll(() => test?.close());

  type Sight = readonly (readonly [string, VersionState['status'], number?])[];
  const states = (service: string) => test.host.states(service);
  const seen = async (service: string): Promise<Sight> =>
    (await states(service)).map(({ name, status, running }) => [name, status, running] as const);
  const bring = (plan: ServicePlan, sight: Sight, host = test.host): Promise<void> =>
    until(
      async () => {
        await host.apply(plan);
        return JSON.stringify(await seen(plan.service)) === JSON.stringify(sight);
      },
      async () => JSON.stringify(await states(plan.service)),
    );
  /** Until nothing is left to be done: the stack has what the plan alone makes, or what is left of it. */
  const rest = async (plan: ServicePlan, host = test.host): Promise<void> => {
    for (let calm = 0, before = ''; calm < 3; ) {
      await host.apply(plan);
      const stack = await stackOf(plan.service);
      const now = JSON.stringify([stack?.StackStatus, stack?.LastUpdatedTime]);
      calm = now === before && !stack?.StackStatus?.endsWith('PROGRESS') ? calm + 1 : 0;
      before = now;
      await sleep(100);
    }
  };
  const stackOf = async (service: string) => {
    const StackName = `tidegate-test-service-${service}`;
    const { Stacks = [] } = await test.clients.cloudformation.send(
      new DescribeStacksCommand({ StackName }),
    );
    return Stacks[0];
  };
  const endpointsOf = async (service: string) => {
    const command = new ListEndpointsCommand({ NameContains: `tidegate-test-${service}-` });
    const { Endpoints = [] } = await test.clients.sagemaker.send(command);
    return Endpoints.map(({ EndpointName = '' }) => EndpointName);
  };
  const groupsOf = async (logGroupNamePrefix: string) => {
    const client = new CloudWatchLogsClient(test.emulator.clientOf());
    const found = await client.send(new DescribeLogGroupsCommand({ logGroupNamePrefix }));
    client.destroy();
    return found.logGroups?.map(({ logGroupName }) => logGroupName);
  };
  const predicted = async (service: string, serving = test.serving()) => {
    await serving.ready(service);
    const { predictions } = await serving.invoke(ask([[1, 2]], { service, version: 'v1' }));
    return predictions[0];
  };
  /** Asks without a pause, as the prediction path does, until it is stopped; answers what came of it. */
  const client = (service: string) => {
    const serving = test.serving();
    const answers = new Map<unknown, number>();
    let isOn = true;
    const asking = (async () => {
      while (isOn) {
        const answer = await predicted(service, serving).catch((error: Error) => error.message);
        answers.set(answer, (answers.get(answer) ?? 0) + 1);
        await sleep(5);
      }
    })();
    return async (): Promise<readonly unknown[]> => {
      isOn = false;
      await asking;
      return [...answers.keys()];
    };
  };
  /** As `client`, sending each request where the traffic says, as far as it has heard. */
  const splitClient = (service: string, trafficOf: () => Readonly<Record<string, number>>) => {
    const serving = test.serving(trafficOf);
    const answers = new Set<string>();
    let isOn = true;
    const predict = async (): Promise<string> => {
      const version = await serving.chosen(service);
      const { predictions } = await serving.invoke(ask([[1, 2]], { service, version }));
      return `${version} ${predictions[0]}`;
    };
    const asking = (async () => {
      while (isOn) {
        answers.add(await predict().catch((error: Error) => error.message));
        await sleep(5);
      }
    })();
    return async (): Promise<readonly string[]> => {
      isOn = false;
      await asking;
      return [...answers];
    };
  };
  const up = ['v1', 'running', 1] as const;
  const planOf = (service: string, model: ModelVersion, about = {}) =>
    servicePlan(service, [versionPlan('v1', model, about)]);

  const exchanged = [
    ['fixed', {}, 1],
    ['free', { compute: serverless }, 1],
    ['ranged', { compute: range, replicas: 2 }, 2],
  ] as const;
  it('fails no request: what has passed its gate takes over from what answers (fixed, free, ranged)', async () => {
    const exchange = async ([service, about, running]: (typeof exchanged)[number]) => {
      const host = test.another({ drainMs: DRAIN_MS });
      const runs = [['v1', 'running', running]] as const;
      await bring(planOf(service, one, about), runs, host);
      const [before] = await endpointsOf(service);
      const stop = client(service);
      const next = planOf(service, ten, about);
      await host.apply(next);
      expect(await seen(service)).toEqual([['v1', 'updating', running]]);
      await bring(next, runs, host);
      await until(async () => (await predicted(service)) === 30);
      // Who has not heard of it yet still asks the old one.
      expect(await endpointsOf(service)).toHaveLength(2);
      await until(async () => {
        await host.apply(next);
        return (await endpointsOf(service)).length === 1;
      });
      expect(await endpointsOf(service)).not.toContain(before);
      expect(await stop()).toEqual([3, 30]);
      await rest(next, host);
      // Nothing is left of it but the plan's own template.
      expect((await hostRecords(test.records).read(service)).record).toMatchObject({
        leaving: [],
        inForce: { versions: [{ name: 'v1' }] },
      });
    };
    await Promise.all(exchanged.map(exchange));
  }, 90_000);

  const gone = [
    ['removed', []],
    ['halted', [{ started: false, replicas: 0 }]],
  ] as const;
  it('fails no request of who has not heard that a version gets no traffic any more (removed, halted)', async () => {
    const leave = async ([service, left]: (typeof gone)[number]) => {
      const host = test.another({ drainMs: HEARD_MS });
      const [v1, v2] = [versionPlan('v1', one), versionPlan('v2', ten)];
      const both: Sight = [up, ['v2', 'running', 1]];
      await bring(servicePlan(service, [v1, v2]), both, host);
      const [former] = (await hostRecords(test.records).read(service)).record.endpoints;
      const stack = await stackOf(service);
      let traffic: Readonly<Record<string, number>> = { v1: 100 };
      const clients = [1, 2].map(() => splitClient(service, () => traffic));
      // As a manifest does with one write, and an operator as fast as can be.
      await sleep(1_000);
      traffic = { v2: 100 };
      const fewer = servicePlan(service, [...left.map((about) => ({ ...v1, ...about })), v2]);
      await host.apply(fewer);
      const { record } = await hostRecords(test.records).read(service);
      expect(record.versions.find(({ name }) => name === 'v1')?.serving ?? null).toBeNull();
      expect(await stackOf(service)).toEqual(stack);
      await until(async () => {
        await host.apply(fewer);
        return !(await endpointsOf(service)).includes(former ?? '');
      });
      for (const stop of clients) expect(await stop()).toEqual(['v1 3', 'v2 30']);
      const stopped: Sight = left.map(() => ['v1', 'stopped', 0] as const);
      await bring(fewer, [...stopped, ['v2', 'running', 1]], host);
      await rest(fewer, host);
      expect((await hostRecords(test.records).read(service)).record).toMatchObject({
        leaving: [],
        inForce: { versions: [{ name: 'v2' }] },
      });
    };
    await Promise.all(gone.map(leave));
  }, 90_000);

  it('keeps what answers when the new one fails its gate, says why, and does not try again', async () => {
    await bring(planOf('guarded', one), [up]);
    const [before] = await endpointsOf('guarded');
    const stop = client('guarded');
    const bad = planOf('guarded', wrong);
    await bring(bad, [['v1', 'updating', 1]]);
    await bring(bad, [up]);
    await rest(bad);
    expect(await states('guarded')).toMatchObject([
      {
        ...{ status: 'running', running: 1 },
        reason:
          'its change has to wait: its answers are not the expected ones: row 0: predicted 15, expected 4',
      },
    ]);
    expect(await endpointsOf('guarded')).toEqual([before]);
    const { record } = await hostRecords(test.records).read('guarded');
    expect(record.endpoints).toHaveLength(2);
    // What it printed can still be read.
    const groups = await groupsOf('/aws/sagemaker/Endpoints/tidegate-test-guarded-');
    expect(groups).toHaveLength(2);
    // Another wish is another try, also the one before.
    await rest(planOf('guarded', one));
    expect(await states('guarded')).toMatchObject([{ status: 'running', reason: null }]);
    expect(await stop()).toEqual([3]);
    await bring(planOf('guarded', ten), [['v1', 'updating', 1]]);
    await bring(planOf('guarded', ten), [up]);
    expect(await predicted('guarded')).toBe(30);
  }, 90_000);

  it('goes on to a third model when the wish changes in the midst of it', async () => {
    await bring(planOf('hasty', one), [up]);
    const stop = client('hasty');
    await test.host.apply(planOf('hasty', wrong));
    const last = planOf('hasty', ten);
    await Promise.all([test.host.apply(last), test.another().apply(last)]);
    await bring(last, [up]);
    await until(async () => {
      await test.host.apply(last);
      return (await predicted('hasty')) === 30;
    });
    const answers = await stop();
    expect(answers.filter((answer) => typeof answer === 'number')).not.toContain(15);
    await rest(last);
    expect(await endpointsOf('hasty')).toHaveLength(1);
  }, 90_000);

  it('leaves other versions alone', async () => {
    const [first, second] = [versionPlan('v1', one), versionPlan('v2', one)];
    const both: Sight = [up, ['v2', 'running', 1]];
    await bring(servicePlan('pair', [first, second]), both);
    const before = await templateOf('pair');
    const next = servicePlan('pair', [versionPlan('v1', ten), second]);
    await bring(next, [
      ['v1', 'updating', 1],
      ['v2', 'running', 1],
    ]);
    const during = await templateOf('pair');
    // All that was there is there, to the letter.
    expect(during.Resources).toMatchObject(before.Resources);
    await bring(next, both);
    await rest(next);
    expect(Object.keys((await templateOf('pair')).Resources)).toHaveLength(
      Object.keys(before.Resources).length,
    );
  }, 90_000);

  const templateOf = async (service: string) => {
    const StackName = `tidegate-test-service-${service}`;
    const command = new GetTemplateCommand({ StackName, TemplateStage: 'Original' });
    const { TemplateBody = '{}' } = await test.clients.cloudformation.send(command);
    return JSON.parse(TemplateBody) as { readonly Resources: Readonly<Record<string, unknown>> };
  };

  it('can be stopped in the midst of it, and starts with what is wanted', async () => {
    await bring(planOf('paused', one), [up]);
    const next = planOf('paused', ten);
    await test.host.apply(next);
    await bring(stoppedPlan(next), [['v1', 'stopped', 0]]);
    expect(await endpointsOf('paused')).toEqual([]);
    await bring(next, [up]);
    expect(await predicted('paused')).toBe(30);
    await rest(next);
    expect(await endpointsOf('paused')).toHaveLength(1);
  }, 90_000);

  it('goes on after a crash at any write of it', async () => {
    await bring(planOf('fragile', one), [up]);
    const next = planOf('fragile', ten);
    for (let place = 0; place < 4; place += 1) {
      let left = place % 2;
      const store = {
        ...test.records,
        transact: (changes: Parameters<typeof test.records.transact>[0]) => {
          left -= 1;
          return left < 0 ? Promise.reject(new Error('died')) : test.records.transact(changes);
        },
      };
      await test
        .another({ store })
        .apply(next)
        .catch(() => undefined);
      expect(await predicted('fragile')).toBe(3);
    }
    await bring(next, [up]);
    await rest(next);
    expect(await predicted('fragile')).toBe(30);
    expect(await endpointsOf('fragile')).toHaveLength(1);
  }, 90_000);

  it('does not write over what another has deployed since it looked', async () => {
    await bring(planOf('shared', one), [up]);
    const StackName = 'tidegate-test-service-shared';
    const { TemplateBody = '{}' } = await test.clients.cloudformation.send(
      new GetTemplateCommand({ StackName, TemplateStage: 'Original' }),
    );
    const template = JSON.parse(TemplateBody);
    template.Resources.AlarmCapture.Properties.Threshold = 1_234;
    template.Outputs.Plan.Value = 'another';
    let updates = 0;
    // Right before the stack is asked for: as the last note of it is written.
    const store = {
      ...test.records,
      async transact(changes: Parameters<typeof test.records.transact>[0]) {
        await test.records.transact(changes);
        if (updates > 0) return;
        updates += 1;
        await test.clients.cloudformation.send(
          new UpdateStackCommand({ StackName, TemplateBody: JSON.stringify(template) }),
        );
        await until(async () => (await stackOf('shared'))?.StackStatus === 'UPDATE_COMPLETE');
      },
    };
    await test.another({ store }).apply(planOf('shared', ten));
    expect(updates).toBe(1);
    expect(await stackOf('shared')).toMatchObject({ StackStatus: 'UPDATE_COMPLETE' });
    expect((await templateOf('shared')).Resources.AlarmCapture).toMatchObject({
      Properties: { Threshold: 1_234 },
    });
    // It is looked at anew, and what is wanted is still brought about.
    await bring(planOf('shared', ten), [up]);
  }, 90_000);
});
