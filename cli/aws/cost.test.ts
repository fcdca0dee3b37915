import { instances, prices } from '../../docs/aws-prices.json';
import { stages } from '../../lib/config';
import { functions } from '../../lib/functions';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { aService, aVersion, pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';
import { type CostLine, totalOf } from './cost-lines';
import { alarmCost, endpointCost } from './endpoint-cost';
import { idleCost } from './idle-cost';
import { predictionCost } from './prediction-cost';
import { stagesLike } from './stage-like';
import { BUILT, tablesCost } from './tables-cost';

const MILLION = 1_000_000;
const usdOf = (lines: readonly CostLine[], item: string) =>
  lines.find((line) => line.item === item)?.usd;
const compute = (value: object) => aVersion({ compute: value }) as never;

describe('a million predictions', () => {
  const at = (perSecond: number, stage: keyof typeof stagesLike = 'dev') =>
    predictionCost({ predictions: MILLION, perSecond, stage: stagesLike[stage] });

  it('cost what AWS says of each part', () => {
    const lines = at(10);
    expect(usdOf(lines, 'API Gateway')).toBeCloseTo(3.5, 6);
    expect(usdOf(lines, 'Lambda requests')).toBeCloseTo(0.4, 6);
    // 2,500 + 22,500 GB-s at $0.0000133334.
    expect(usdOf(lines, 'Lambda time')).toBeCloseTo(0.333, 3);
    // AWS's own example of the price: 5 KB records, 1,048,576 KB a GB.
    expect(usdOf(lines, 'Firehose')).toBeCloseTo(0.138, 3);
  });

  it('cost less when they come fast, for what goes by time is shared', () => {
    const slow = at(0.1);
    const fast = at(100);
    for (const item of ['DynamoDB', 'S3', 'X-Ray']) {
      expect(usdOf(fast, item)).toBeLessThan(Number(usdOf(slow, item)));
    }
    // Every one of them is traced.
    expect(usdOf(slow, 'X-Ray')).toBeCloseTo(5, 6);
    expect(totalOf(fast)).toBeLessThan(totalOf(slow));
  });

  it('cost at most $4.60 with a stage like prod, of which API Gateway $3.50', () => {
    const lines = at(10, 'prod').filter(({ item }) => item !== 'Firewall');
    expect(totalOf(lines)).toBeLessThanOrEqual(4.6);
  });

  it('pass the firewall where there is one', () => {
    expect(usdOf(at(10), 'Firewall')).toBeUndefined();
    expect(usdOf(at(10, 'prod'), 'Firewall')).toBeCloseTo(0.6, 6);
  });
});

describe('a million predictions in tables', () => {
  const at = (perSecond: number) => tablesCost({ predictions: MILLION, perSecond });

  it('cost little beside the predictions, and less when they come fast: fewer builds', () => {
    expect(totalOf(at(10))).toBeLessThan(0.3);
    expect(totalOf(at(100))).toBeLessThan(totalOf(at(10)) / 2);
    expect(totalOf(at(1))).toBeGreaterThan(totalOf(at(10)) * 5);
  });

  it('cost at least 10 MB a statement, and what is scanned where that is more', () => {
    const ofBuild = BUILT.statements.requests + BUILT.statements.labels;
    const least = (lines: readonly CostLine[]): number => {
      const [, builds = ''] = / in ([\d,]+) builds/.exec(lines[0]?.quantity ?? '') ?? [];
      return Number(builds.replaceAll(',', '')) * ofBuild * 0.00005;
    };
    // A build of a service that is asked once a second reads a MB or two.
    expect(usdOf(at(1), 'Athena')).toBeGreaterThan(least(at(1)));
    expect(usdOf(at(1), 'Athena')).toBeLessThan(least(at(1)) * 1.1);
    expect(usdOf(at(1000), 'Athena')).toBeGreaterThan(least(at(1000)) * 10);
  });

  it('cost nothing where nothing comes', () => {
    expect(totalOf(tablesCost({ predictions: 0, perSecond: 10 }))).toBe(0);
  });

  it('cost a build for each at most, however slowly they come', () => {
    const lines = tablesCost({ predictions: 10, perSecond: 0.00001 });
    expect(lines[0]?.quantity).toMatch(/ in 10 builds$/);
  });
});

describe('an idle account', () => {
  it('costs two or three dollars a month with a stage like dev', () => {
    expect(totalOf(idleCost(stagesLike.dev))).toBeGreaterThan(2);
    expect(totalOf(idleCost(stagesLike.dev))).toBeLessThan(3);
  });

  it('has a key, a firewall and started functions with a stage like prod', () => {
    const lines = idleCost(stagesLike.prod);
    expect(usdOf(lines, 'Key of the data')).toBe(1);
    expect(usdOf(lines, 'Firewall')).toBe(7);
    // 1.25 GB x 2,628,000 s x $0.0000033334.
    expect(usdOf(lines, 'Provisioned concurrency')).toBeCloseTo(10.95, 2);
  });

  it('begins a build of tables every quarter of an hour, also where there is nothing to build', () => {
    // 2,920 times 5 states at $0.000025, and 200 ms of half a GB.
    expect(usdOf(idleCost(stagesLike.dev), 'Builds of tables')).toBeCloseTo(0.37 + 0.004, 2);
  });

  it('is that of the stages that are deployed', () => {
    for (const [name, like] of Object.entries(stagesLike)) {
      const { encryption, firewall, tracing, concurrency } = stages[name as keyof typeof stages];
      const provisioned = Object.entries(concurrency).flatMap(([of, limits]) =>
        Array.from({ length: ('provisioned' in limits && limits.provisioned) || 0 }, () => of),
      );
      expect(like).toEqual({
        customerKey: encryption === 'customer-key',
        ...{ firewall, tracing, provisioned },
        memoryMb: {
          authorizer: functions.authorizer.memory,
          build: functions.build.memory,
          predict: functions.predict.memory,
          reconcile: functions.reconcile.memory,
        },
      });
    }
  });
});

describe('endpoints', () => {
  it('cost their instances, whether they are asked or not', () => {
    const lines = endpointCost([
      compute({ instances: { type: 'ml.m5.large', count: 2 } }),
      compute({ instances: { type: 'ml.c5.large', min: 1, max: 4 } }),
      compute({ instances: { type: 'ml.x99.large', count: 1 } }),
      compute({ serverless: { memory_mb: 2048, concurrency: 10 } }),
      aVersion({ status: 'stopped' }) as never,
    ]);
    expect(lines.map(({ usd }) => usd)).toEqual([2 * 0.115 * 730, 0.102 * 730, null, null, 0]);
    expect(lines.map(({ quantity }) => quantity)).toEqual([
      '2 × ml.m5.large',
      '1 × ml.c5.large (at most 4)',
      '1 × ml.x99.large: no price known',
      'serverless, 2,048 MB, 10 at once: 0.80 a million predictions of 20 ms',
      'stopped',
    ]);
  });

  it('are watched by alarms, which cost by what they watch', () => {
    expect(alarmCost('wine', [aVersion() as never, aVersion() as never]).usd).toBeCloseTo(0.5, 6);
  });
});

describe('the prices', () => {
  it('each have a source at AWS', () => {
    const sources = [...Object.values(prices), instances].map(({ source }) => source);
    expect(sources.filter((source) => !source.startsWith('https://aws.amazon.com/'))).toEqual([]);
  });

  it('are known of every instance type that stages allow', () => {
    const allowed = Object.values(stages).flatMap(({ allowedInstanceTypes }) => [
      ...allowedInstanceTypes,
    ]);
    expect(allowed.filter((type) => !(type in instances.usd))).toEqual([]);
  });
});

describe('tidegate cost', () => {
  const version = aVersion({ compute: { instances: { type: 'ml.m5.large', count: 1 } } });
  const ANSWERS: Answers = {
    'GET /api/services': () => ({ body: pageOf([aService()]) }),
    'GET /api/services/wine/versions': () => ({ body: pageOf([version]) }),
  };
  let platform: PlatformEmulator;
  beforeEach(async () => {
    platform = await platformEmulator(ANSWERS);
  });
  afterEach(() => platform.close());

  it('itemises predictions, an idle month and the endpoints, and says what it assumes', async () => {
    const { code, stdout } = await runCli(['cost'], { endpoint: platform.endpoint });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^This platform runs on a machine of yours and AWS bills nothing/);
    expect(stdout).toMatch(/^API Gateway +1,000,000 requests +3\.50$/m);
    expect(stdout).toMatch(/^wine v1 +1 × ml\.m5\.large +83\.95$/m);
    expect(stdout.match(/^In all +- +\d+\.\d\d$/gm)).toHaveLength(4);
    expect(stdout).toMatch(/^Athena +1,\d+ statements in 112 builds +0\.\d\d$/m);
    expect(stdout).toMatch(/^An estimate, in USD, by the prices of us-east-1, 2026-/m);
    expect(stdout).toMatch(/^- predictions come at 10 a second/m);
  });

  it('says it to machines', async () => {
    const args = ['cost', '--json', '--predictions', '5000000', '--service', 'wine'];
    const { stdout } = await runCli(args, { endpoint: platform.endpoint });
    expect(JSON.parse(stdout)).toMatchObject({
      home: 'embedded',
      predictions: { count: 5 * MILLION, per_second: 10 },
      endpoints: { total: 84.25 },
    });
  });

  it('needs no platform, unless a service is named', async () => {
    await platform.close();
    const { code, stdout, stderr } = await runCli(['cost', '--like', 'prod'], {
      endpoint: platform.endpoint,
    });
    expect(code).toBe(0);
    expect(stdout).toContain('Provisioned concurrency');
    expect(stderr).toContain('No platform was reached');
    const named = await runCli(['cost', '--service', 'wine'], { endpoint: platform.endpoint });
    expect(named.code).toBe(1);
  });
});
