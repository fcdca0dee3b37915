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
import { deployImage, type OpenHost, openHost, until } from './testing/open-host';
import { servicePlan, stoppedPlan, versionPlan } from './testing/plans';

const SECOND = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:2';
const THIRD = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:3';

describe('places of services that the platform changes', () => {
  const open = () => platformMoves(sqliteRecordStore(':memory:', { now: () => new Date() }));

  it('are few, are kept until the end, and come free then', async () => {
    const moves = open();
    const begun = await Promise.all(['a', 'b', 'c', 'd'].map(moves.begin));
    expect(begun.filter((is) => is)).toHaveLength(2);
    const [first = '', second = ''] = ['a', 'b', 'c', 'd'].filter((_, place) => begun[place]);
    await expect(moves.begin(first)).resolves.toBe(true);
    await expect(moves.begin('e')).resolves.toBe(false);
    await moves.end('e');
    await Promise.all([moves.end(first), moves.end(first)]);
    await expect(moves.begin('e')).resolves.toBe(true);
    await expect(moves.begin(first)).resolves.toBe(false);
    await expect(moves.begin(second)).resolves.toBe(true);
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
    expect(most).toBe(2);
    const stacks = await Promise.all(names.map(stackOf));
    await until(async () => {
      await sweep(SECOND);
      const { document } = (await test.records.get({ partition: 'host-moves', sort: 'all' })) ?? {};
      return JSON.stringify(document) === '{"services":[]}';
    });
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
});
