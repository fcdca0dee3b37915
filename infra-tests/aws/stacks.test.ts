import { stages } from '../../lib/config';
import { alarmRules } from './rules/alarms';
import { dataRules } from './rules/data';
import { edgeRules } from './rules/edge';
import { functionRules } from './rules/functions';
import { rightsRules } from './rules/rights';
import { type Made, sorted } from './rules/stage';
import { tablesRules } from './rules/tables';
import { type Synthesized, synth } from './synth';

const SYNTH_MS = 200_000;
const MOST_RESOURCES = 500;
const MOST_BYTES = 1_000_000;

describe.each(Object.keys(stages))('the stacks of %s', (stage) => {
  // Made once for all rules: it takes half a minute.
  let made: Synthesized | undefined;
  beforeAll(() => {
    made = synth({ stage });
  }, SYNTH_MS);
  const synthesized = (): Synthesized => {
    if (made) return made;
    throw new Error('nothing was synthesized');
  };
  const all: Made = { stage, synthesized };

  dataRules(all);
  functionRules(all);
  edgeRules(all);
  rightsRules(all);
  tablesRules(all);
  alarmRules(all);

  it('leave no finding of cdk-nag and of the default rules open, not even a warning', () => {
    expect(synthesized().said).not.toMatch(/WARNING|ERROR/);
  });

  it('are three: what must last, and what may be made anew', () => {
    expect(sorted([...synthesized().stacks.keys()])).toEqual([
      `tidegate-${stage}-api`,
      `tidegate-${stage}-data`,
      `tidegate-${stage}-tables`,
    ]);
  });

  it('stay within what CloudFormation takes, and lock each other by no export', () => {
    for (const { Resources, Outputs = {}, bytes } of synthesized().stacks.values()) {
      expect(Object.keys(Resources).length).toBeLessThan(MOST_RESOURCES);
      expect(bytes).toBeLessThan(MOST_BYTES);
      expect(JSON.stringify(Outputs)).not.toContain('"Export"');
    }
  });

  it('tell services what their stacks need, under names that these know', () => {
    const told = [...synthesized().stacks.values()].flatMap(({ Resources }) =>
      Object.values(Resources)
        .filter(({ Type }) => Type === 'AWS::SSM::Parameter')
        .map(({ Properties }) => String(Properties.Name)),
    );
    expect(sorted(told)).toEqual(
      sorted(
        [
          ...['alarm-topic', 'api-id', 'api-stage', 'artifacts-bucket', 'capture-role'],
          ...['captured-bucket', 'captured-requests', 'execution-role', 'model-server-image'],
          ...['packages-function', 'records-table', 'results-bucket', 'tables-bucket'],
          ...(stage === 'prod' ? ['data-key'] : []),
        ].map((name) => `/tidegate/${stage}/${name}`),
      ),
    );
  });
});

describe('the checks of the stacks', () => {
  it(
    'refuse an app with a bucket that anybody could make by mistake',
    () => {
      expect(() => synth({}, 'tsx infra-tests/aws/careless-app.ts')).toThrow(/AwsSolutions-S1/);
    },
    SYNTH_MS,
  );

  it(
    'refuse a stage that nobody has described',
    () => {
      expect(() => synth({ stage: 'dve' })).toThrow(/no stage dve: give -c stage=dev or prod/);
    },
    SYNTH_MS,
  );
});
