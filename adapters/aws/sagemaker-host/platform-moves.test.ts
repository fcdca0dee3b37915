import { DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import {
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
} from '@aws-sdk/client-sagemaker';
import type { ModelVersion } from '../../../core/models/model-version';
import { describePython } from '../../../infra-tests/support/python';
import { sqliteRecordStore } from '../../embedded/sqlite-record-store';
import { hostRecords } from './host-record';
import { platformMoves } from './platform-moves';
import {
  deployImage,
  type OpenHost,
  openHost,
  SICK_IMAGE,
  until,
  WRONG_IMAGE,
} from './testing/open-host';
import { servicePlan, stoppedPlan, versionPlan } from './testing/plans';

const SECOND = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:2';
const THIRD = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:3';
const FOURTH = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:4';

describe('places of services that the platform changes', () => {
  const open = () => platformMoves(sqliteRecordStore(':memory:', { now: () => new Date() }));

  const names = ['a', 'b', 'c', 'd'];

  it('are few, are kept until the end, and come free then', async () => {
    const moves = open();
    await moves.begin('z', 'p');
    await moves.end('z', 'p');
    const begun = await Promise.all(names.map((name) => moves.begin(name, 'p')));
    expect(begun.filter((is) => is)).toHaveLength(2);
    const [first = '', second = ''] = names.filter((_, place) => begun[place]);
    await expect(moves.begin(first, 'p')).resolves.toBe(true);
    await expect(moves.begin('e', 'p')).resolves.toBe(false);
    await moves.end('e', 'p');
    await Promise.all([moves.end(first, 'p'), moves.end(first, 'p')]);
    await expect(moves.begin('e', 'p')).resolves.toBe(true);
    await expect(moves.begin(first, 'p')).resolves.toBe(false);
    await expect(moves.begin(second, 'p')).resolves.toBe(true);
  });

  it('are one until a service is well with what the platform has', async () => {
    const moves = open();
    for (const platform of ['p', 'q']) {
      const begun = await Promise.all(names.map((name) => moves.begin(name, platform)));
      expect(begun.filter((is) => is)).toHaveLength(1);
      const [first = ''] = names.filter((_, place) => begun[place]);
      // That one is gone proves nothing.
      await moves.end(first, null);
      await expect(moves.begin('e', platform)).resolves.toBe(true);
      await expect(moves.begin('f', platform)).resolves.toBe(false);
      await moves.end('e', platform);
      await expect(moves.begin('f', platform)).resolves.toBe(true);
      await expect(moves.begin('g', platform)).resolves.toBe(true);
      for (const name of ['f', 'g']) await moves.end(name, platform);
    }
  });
});

describePython('a new image of the model server', (python) => {
  let test: OpenHost;
  let model: ModelVersion;
  beforeAll(async () => {
    test = await openHost(python);
    model = await test.model(1, 1, 3);
  }, 90_000);
  afterAll(() => test?.close());

  const names = ['wine', 'loans', 'churn'];
  const planOf = (service: string, about = {}) =>
    servicePlan(service, [versionPlan('v1', model, about)]);
  const status = async (service: string) => (await test.host.states(service))[0]?.status;
  const stackOf = async (service: string) => {
    const StackName = `tidegate-test-service-${service}`;
    const command = new DescribeStacksCommand({ StackName });
    return (await test.clients.cloudformation.send(command)).Stacks?.[0];
  };
  const imageOf = async (service: string) => {
    const { sagemaker } = test.clients;
    const { record } = await hostRecords(test.records).read(service);
    const [EndpointName] = record.endpoints;
    const { EndpointConfigName } = await sagemaker.send(
      new DescribeEndpointCommand({ EndpointName }),
    );
    const { ProductionVariants } = await sagemaker.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName }),
    );
    const { ModelName } = ProductionVariants?.[0] ?? {};
    const { PrimaryContainer } = await sagemaker.send(new DescribeModelCommand({ ModelName }));
    return PrimaryContainer?.Image?.split(':')[1];
  };
  /** While an endpoint gets another model the one before may be gone already. */
  const images = () => Promise.all(names.map((name) => imageOf(name).catch(() => undefined)));
  const areChanging = async () => {
    const stacks = await Promise.all(names.map(stackOf));
    return stacks.filter((stack) => stack?.StackStatus?.endsWith('_IN_PROGRESS')).length;
  };
  const sweep = (image?: string) =>
    Promise.all(names.map((name) => test.another(image ? { image } : {}).apply(planOf(name))));

  /** Also what is stopped is looked at every minute: it keeps its place until its stack is through. */
  const sweepStopping = (stopped: string, image: string) =>
    Promise.all(
      names.map((name) => {
        const plan = planOf(name);
        return test.another({ image }).apply(name === stopped ? stoppedPlan(plan) : plan);
      }),
    );

  it('reaches services that run by itself, a few at a time', async () => {
    await until(async () => {
      await sweep();
      return (await Promise.all(names.map(status))).every((one) => one === 'running');
    });
    await sweep();
    await deployImage(test.clients.cloudformation, SECOND);
    let most = 0;
    await until(async () => {
      await sweep(SECOND);
      most = Math.max(most, await areChanging());
      expect((await Promise.all(names.map(status))).every((one) => one === 'running')).toBe(true);
      return (await images()).every((image) => image === '2');
    });
    expect(most).toBeLessThanOrEqual(2);
    await until(async () => {
      await sweep(SECOND);
      const { document } = (await test.records.get({ partition: 'host-moves', sort: 'all' })) ?? {};
      return JSON.stringify(document).includes('"services":[]') && (await areChanging()) === 0;
    });
    const stacks = await Promise.all(names.map(stackOf));
    await sweep(SECOND);
    await sweep(SECOND);
    // And nothing is done once more.
    expect(await Promise.all(names.map(stackOf))).toEqual(stacks);
  }, 90_000);

  it('is waited for where SSM does not have it yet, and is no failure', async () => {
    const before = await stackOf('wine');
    for (const _ of [1, 2]) {
      await test.another({ image: THIRD }).apply(planOf('wine'));
      expect(await test.host.states('wine')).toMatchObject([{ status: 'running', reason: null }]);
    }
    expect(await stackOf('wine')).toEqual(before);
    await deployImage(test.clients.cloudformation, THIRD);
    await until(async () => {
      await sweep(THIRD);
      return (await images()).every((image) => image === '3');
    });
  }, 90_000);

  const all = async () => (await Promise.all(names.map((name) => test.host.states(name)))).flat();
  /** Until no stack changes any more, for some sweeps. */
  const calm = async (image: string): Promise<void> => {
    for (let sweeps = 0; sweeps < 5; ) {
      await sweep(image);
      sweeps = (await areChanging()) > 0 ? 0 : sweeps + 1;
    }
  };
  const back = async (): Promise<void> => {
    await deployImage(test.clients.cloudformation, THIRD);
    await until(
      async () => {
        await sweep(THIRD);
        const states = await all();
        return states.every(({ status: is, reason }) => is === 'running' && reason === null);
      },
      async () => JSON.stringify(await all()),
    );
    await calm(THIRD);
    expect(await images()).toEqual(['3', '3', '3']);
  };

  it('takes one service at most out when it answers otherwise, says what it was, and how to go back', async () => {
    await calm(THIRD);
    await deployImage(test.clients.cloudformation, WRONG_IMAGE);
    await until(async () => {
      await sweep(WRONG_IMAGE);
      return (await all()).some(({ status: is }) => is === 'failed');
    });
    await calm(WRONG_IMAGE);
    const states = await all();
    expect(states.map(({ status: is }) => is).sort()).toEqual(['failed', 'running', 'running']);
    const failedAt = states.findIndex(({ status: is }) => is === 'failed');
    expect(states[failedAt]?.reason).toBe(
      `its answers are not the expected ones since the platform has ServerImage=${WRONG_IMAGE} (to go back, deploy it with ServerImage=${THIRD}): row 0: predicted 4, expected 3`,
    );
    // That one is stopped instead proves nothing: the next goes alone, too.
    const stopped = names[failedAt] ?? '';
    const others = names.filter((name) => name !== stopped);
    await until(async () => {
      await sweepStopping(stopped, WRONG_IMAGE);
      return (await Promise.all(others.map(status))).includes('failed');
    });
    for (const _ of [1, 2, 3, 4, 5]) await sweepStopping(stopped, WRONG_IMAGE);
    expect(await status(stopped)).toBe('stopped');
    expect((await Promise.all(others.map(status))).sort()).toEqual(['failed', 'running']);
    await back();
  }, 90_000);

  it('leaves what runs alone when it does not come up, and says why', async () => {
    await calm(THIRD);
    await deployImage(test.clients.cloudformation, SICK_IMAGE);
    await until(async () => {
      await sweep(SICK_IMAGE);
      return (await all()).some(({ reason }) => reason !== null);
    });
    await calm(SICK_IMAGE);
    const states = await all();
    expect(states.map(({ status: is, running }) => [is, running])).toEqual(
      names.map(() => ['running', 1]),
    );
    expect(states.flatMap(({ reason }) => reason ?? [])).toEqual([
      expect.stringMatching(
        /^it goes on with what it had before: AWS could not bring it about: EndpointV1\w+: .*ping health check/,
      ),
    ]);
    await back();
  }, 90_000);

  it('goes on to others when one that died as it began is stopped', async () => {
    await deployImage(test.clients.cloudformation, FOURTH);
    const store = {
      ...test.records,
      async transact(changes: Parameters<typeof test.records.transact>[0]) {
        await test.records.transact(changes);
        if (changes.some(({ partition }) => partition === 'host-moves')) throw new Error('died');
      },
    };
    const dying = test.another({ image: FOURTH, store }).apply(planOf('wine'));
    await expect(dying).rejects.toThrow('died');
    await until(async () => {
      await sweepStopping('wine', FOURTH);
      return (await images()).filter((image) => image === '4').length === 2;
    });
  }, 90_000);

  it('comes with what operators want, too, and with the start of what was stopped', async () => {
    const host = test.another({ image: SECOND });
    await until(async () => {
      await host.apply(stoppedPlan(planOf('wine')));
      return (await status('wine')) === 'stopped';
    });
    await deployImage(test.clients.cloudformation, SECOND);
    await until(async () => {
      await host.apply(planOf('wine'));
      return (await status('wine')) === 'running';
    });
    expect(await imageOf('wine')).toBe('2');
  }, 90_000);

  it('keeps no place for what is removed, whose stack is still there', async () => {
    const moves = platformMoves(test.records);
    for (const name of names) await moves.end(name, null);
    await expect(moves.begin('loans', 'p')).resolves.toBe(true);
    await expect(moves.begin('churn', 'p')).resolves.toBe(false);
    await test.host.remove('loans');
    await expect(stackOf('loans')).resolves.toBeDefined();
    await expect(moves.begin('churn', 'p')).resolves.toBe(true);
  });
});
