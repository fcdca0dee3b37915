import { type BuildItem, buildItem } from '../adapters/aws/athena/build-item';
import type { StatementResult } from '../adapters/aws/athena/statement';
import { describedOf } from '../adapters/aws/athena/testing/described';
import { itemNeeds } from '../adapters/aws/athena/testing/item-needs';
import { ALL_SERVICES } from '../adapters/aws/athena/upkeep';
import { BUILT } from '../cli/aws/tables-cost';
import { stageConfig } from '../lib/config';
import type { States } from '../lib/constructs/state-language';
import { tablesMachine } from '../lib/constructs/tables-machine-definition';
import { functions } from '../lib/functions';

const DAY = '2026-11-20';
const ID = '01a1f866-0d00-7000-8000-000000000001';
const WINE = { model: 'wine', version: 1, inputs: { pH: 'double' } } as const;

/** What Athena answers where a day's requests came, of one model version, each with rows and labels. */
const answers: Readonly<Record<string, StatementResult['rows']>> = {
  'look-at-arrival': [
    [DAY, '1', ID, ID, null],
    [null, '0', null, null, null],
  ],
  'count-labels': [['1']],
  'look-at-labels': [[DAY, `${ID}-0`, `${ID}-0`]],
  'answering-models': [['wine', '1']],
  'check-window': [['0', '0', '1']],
};

const statementsOf = async (item: BuildItem): Promise<readonly string[]> => {
  const described = (await describedOf({ wine: [WINE] })).get('wine');
  const needs = itemNeeds({ database: 'a', rawDatabase: 'a_raw' }, described, DAY);
  const steps = buildItem(needs, item);
  const asked: string[] = [];
  for (let next = steps.next(); !next.done; ) {
    const name = 'sql' in next.value ? next.value.step : '';
    if ('sql' in next.value) asked.push(next.value.sql);
    next = steps.next({ rows: answers[name] ?? [], written: 1 });
  }
  return asked;
};

/** The states that some work comes to, from one state to another; `choose` says where a choice leads. */
const pathOf = (
  { States: states }: States,
  from: string,
  to: string,
  choose: string,
): readonly string[] => {
  const path: string[] = [];
  for (let name = from; ; ) {
    path.push(name);
    const state = states[name];
    if (name === to || !state || path.length > 20) return path;
    if (state.Type === 'Choice') name = choose;
    else name = 'Next' in state ? state.Next : '';
  }
};

/** What a state does with each item. */
const mapIn = ({ States: states }: States, name: string): States => {
  const state = states[name];
  if (state?.Type !== 'Map') throw new Error(`${name} does nothing with items`);
  return state.ItemProcessor;
};

describe('what tables are estimated to cost', () => {
  const arrival = { service: 'wine', date: DAY, hours: ['10'] } as const;

  it('counts the statements of a build, and those that write and read bodies', async () => {
    const requests = await statementsOf({ ...arrival, kind: 'requests' });
    const labels = await statementsOf({ ...arrival, kind: 'labels' });
    expect([requests.length, labels.length]).toEqual([
      BUILT.statements.requests,
      BUILT.statements.labels,
    ]);
    const all = [...requests, ...labels];
    expect(all.filter((sql) => sql.startsWith('MERGE'))).toHaveLength(BUILT.writes);
    const bodies = requests.filter((sql) => /"a_raw"\."requests"|json_parse\(request\)/.test(sql));
    expect(bodies).toHaveLength(BUILT.readBodies);
  });

  it('counts what is done once a day', async () => {
    const days = { requests: [DAY], rows: [DAY], labels: [DAY] };
    const upkeep = await statementsOf({
      ...{ kind: 'upkeep', service: 'wine', keep: {} },
      ...{ days, late: [DAY] },
    });
    const erasedSince = `${DAY}T00:00:00.000Z`;
    const shared = await statementsOf({
      ...{ kind: 'shared-upkeep', service: ALL_SERVICES, erasedSince },
    });
    expect(upkeep.length + shared.length).toBe(BUILT.upkeep);
  });

  it('counts the states of the machine that runs them', () => {
    const parts = { partition: 'aws', build: 'b', sweep: 's', workGroup: 'w' };
    const services = mapIn(tablesMachine(parts), 'Services');
    expect(Object.keys(services.States)).toHaveLength(BUILT.states.service);
    const works = mapIn(services, 'Works');
    expect(pathOf(works, works.StartAt, 'Done', 'Done')).toHaveLength(BUILT.states.work);
    // Back to where it asks again.
    const statement = pathOf(works, 'Which', 'Next', 'Statement');
    expect(statement).toHaveLength(BUILT.states.statement);
  });

  it('knows how often builds begin, and the memory of the functions', () => {
    expect(stageConfig({}).tablesEvery * 60).toBe(BUILT.everyS);
    const { build, mark } = functions;
    expect([build.memory, mark.memory]).toEqual([BUILT.memoryMb.build, BUILT.memoryMb.mark]);
  });
});
