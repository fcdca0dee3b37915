import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { alarmResources } from '../../../core/services/service-template-alarms';
import { type Made, ofType, sorted } from './stage';

const RUNBOOK = readFileSync(join(__dirname, '../../../docs/runbook.md'), 'utf8');
const PAGE = /: docs\/runbook\.md#([a-z-]+)$/;

const pageOf = (properties: Readonly<Record<string, unknown>>): string =>
  PAGE.exec(String(properties.AlarmDescription))?.[1] ?? `none: ${properties.AlarmDescription}`;

/** Who is woken by an alarm finds what to do. */
export const alarmRules = (made: Made): void => {
  it('have alarms that name their pages of the runbook, and no page is of none', () => {
    const version = {
      ...{ name: 'v1', endpoint: 'tidegate-dev-wine-12345678', instanceType: null },
      model: { name: 'wine', digest: '' },
    };
    const ofServices = Object.values(alarmResources('wine', 'tidegate-dev-wine', [version]));
    const ofPlatform = ofType(made, 'AWS::CloudWatch::Alarm').map(([, alarm]) => alarm);
    const named = [...ofPlatform, ...ofServices].map(({ Properties }) => pageOf(Properties));
    const pages = [...RUNBOOK.matchAll(/^## ([a-z-]+)$/gm)].map(([, page = '']) => page);
    expect(sorted([...new Set(named)])).toEqual(sorted(pages));
  });

  it('have the logs and queues in which the runbook looks', () => {
    const looked = [...RUNBOOK.matchAll(/\b(errors|group|queue) (api|tables)-(\w+)/g)];
    const missing = looked.filter(([, how, stack, start = '']) => {
      const { Resources = {} } =
        made.synthesized().stacks.get(`tidegate-${made.stage}-${stack}`) ?? {};
      const type = how === 'queue' ? 'AWS::SQS::Queue' : 'AWS::Logs::LogGroup';
      const found = Object.entries(Resources).filter(
        ([id, { Type }]) => Type === type && id.startsWith(start),
      );
      return found.length !== 1;
    });
    expect(missing.map(([words]) => words)).toEqual([]);
    expect(looked.length).toBeGreaterThan(5);
  });
};
