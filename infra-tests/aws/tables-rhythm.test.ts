import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { DefinitionBody, StateMachine, Succeed } from 'aws-cdk-lib/aws-stepfunctions';
import { stageConfig } from '../../lib/config';
import { TablesAlarms } from '../../lib/constructs/tables-alarms';
import { TablesSchedule } from '../../lib/constructs/tables-schedule';
import { tablesRhythm } from '../../lib/tables-rhythm';
import { temporaryFolder } from '../support/platform';

const madeOf = (tablesEvery: number): Template => {
  const stack = new Stack(new App({ outdir: temporaryFolder() }), 'Any');
  const machine = new StateMachine(stack, 'Machine', {
    definitionBody: DefinitionBody.fromChainable(new Succeed(stack, 'Built')),
  });
  const rhythm = tablesRhythm(stageConfig({ tablesEvery }));
  new TablesSchedule(stack, 'Schedule', { machine, rhythm });
  new TablesAlarms(stack, 'Alarms', { prefix: 'tidegate-any', stage: 'any', machine, rhythm });
  return Template.fromStack(stack);
};

describe('how often tables are built', () => {
  it.each([
    [5, 'rate(5 minutes)', 900, 1_200, /after 15 minutes.*for 20 minutes/],
    [15, 'rate(15 minutes)', 2_700, 3_600, /after 45 minutes.*for 60 minutes/],
    [60, 'rate(1 hour)', 10_800, 14_400, /after 180 minutes.*for 240 minutes/],
    [360, 'rate(6 hours)', 64_800, 86_400, /after 1080 minutes.*for 1440 minutes/],
  ])('is what the alarm goes by: every %i minutes', (every, rate, threshold, period, says) => {
    const template = madeOf(every);
    template.hasResourceProperties('AWS::Scheduler::Schedule', { ScheduleExpression: rate });
    const alarms = Object.values(template.findResources('AWS::CloudWatch::Alarm'));
    const waiting = alarms.find(({ Properties }) => Properties.MetricName === 'TablesWaiting');
    expect(waiting?.Properties).toMatchObject({
      ...{ Threshold: threshold, Period: period, EvaluationPeriods: 1 },
      AlarmDescription: expect.stringMatching(says),
    });
  });

  it.each([0, 4, 361, 1_440, 7.5, Number.NaN, -15])(
    'is refused where no alarm can: %d',
    (every) => {
      expect(() => tablesRhythm({ tablesEvery: every })).toThrow(/tablesEvery is 5 to 360 whole/);
    },
  );
});
