import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { type CostLine, SECONDS_A_MONTH, totalOf } from '../cli/aws/cost-lines';
import { idleCost } from '../cli/aws/idle-cost';
import { predictionCost } from '../cli/aws/prediction-cost';
import { type StageLike, stagesLike } from '../cli/aws/stage-like';
import { tablesCost } from '../cli/aws/tables-cost';
import { stageConfig, stages } from '../lib/config';
import { platformData } from '../lib/constructs/platform-data';
import { platformRights, readsNotes, runsFunction } from '../lib/constructs/platform-rights';
import type { Right } from '../lib/constructs/right';
import { machineRights, tablesRights } from '../lib/constructs/tables-rights';
import { tablesNames } from '../lib/tables-names';

const lines = readFileSync(join(__dirname, '../docs/aws.md'), 'utf8').split('\n');
const cellsOf = (line: string): readonly string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());
/** Rows of the table whose head begins with this word. */
const table = (head: string): readonly (readonly string[])[] => {
  const start = lines.findIndex((line) => line.startsWith(`| ${head} |`));
  const rest = lines.slice(start + 2);
  return rest
    .slice(
      0,
      rest.findIndex((line) => !line.startsWith('|')),
    )
    .map(cellsOf);
};
const code = (cell: string | undefined): string | undefined => /^`(.+)`$/.exec(cell ?? '')?.[1];

describe('docs/aws.md', () => {
  it('has every member of a stage, with its default and what dev and prod say', () => {
    const rows = table('member');
    const defaults = stageConfig({});
    expect(rows.map(([name]) => code(name))).toEqual(Object.keys(defaults));
    for (const [name, ...cells] of rows) {
      const [byDefault, dev = byDefault, prod = byDefault] = cells
        .slice(0, 3)
        .map(code)
        .map((text) => text && JSON.parse(text));
      const member = code(name) as keyof typeof defaults;
      const wanted = [defaults, stages.dev, stages.prod].map((stage) => stage[member]);
      expect([member, byDefault, dev, prod]).toEqual([member, ...wanted]);
    }
  });

  it('has every right of every function, and no other', () => {
    const config = stageConfig({});
    const stack = new Stack(new App(), 'stack');
    const stage = 'dev';
    const needs = {
      ...{ stack, stage, prefix: 'tidegate-dev', serviceRole: 'role', modelBuckets: [] },
      data: platformData(stack, { stage, config }),
      names: tablesNames(stack, { stage, config }),
    };
    const rights = {
      ...platformRights(needs),
      ...tablesRights(needs),
      'tidegate-<stage>-tables': machineRights(needs, ['arn']),
    };
    const said = new Map<string, Set<string>>();
    let current = new Set<string>();
    for (const [name, actions = ''] of table('function')) {
      const function_ = code(name);
      if (function_ !== undefined) {
        const like = /^as `(\w+)`, without `([\w:]+)`$/.exec(actions);
        current = new Set(like && said.get(like[1] ?? ''));
        if (like?.[2] !== undefined) current.delete(like[2]);
        said.set(function_, current);
        if (like) continue;
      }
      for (const [, action = ''] of actions.matchAll(/`(\w+:\w+)`/g)) current.add(action);
    }
    const runs = [runsFunction('arn')];
    const beyond: Readonly<Record<string, readonly Right[]>> = {
      services: [readsNotes('arn'), ...runs],
      packages: runs,
      models: runs,
    };
    const held = Object.entries(rights).map(([name, own]) => {
      const all = [...own, ...(beyond[name] ?? [])];
      return [name, new Set(all.flatMap(({ actions }) => actions))] as const;
    });
    expect(said).toEqual(new Map(held));
  });

  it('has the costs that the command line estimates', () => {
    const million = (stage: StageLike) =>
      predictionCost({ predictions: 1_000_000, perSecond: 10, stage });
    expect(table('per million')).toEqual(costs(million));
    expect(table('per month')).toEqual(costs(idleCost));
    const month = SECONDS_A_MONTH;
    const asked = [
      { predictions: 1_000_000, perSecond: 10 },
      ...[1 / 60, 1].map((perSecond) => ({ predictions: month * perSecond, perSecond })),
      { predictions: 0, perSecond: 1 },
    ];
    expect(table('in tables, US dollars')).toEqual(costTable(asked.map(tablesCost)));
  });
});

/** A row for each item of dev or prod, and their sums. */
const costs = (of: (stage: StageLike) => readonly CostLine[]) =>
  costTable([of(stagesLike.dev), of(stagesLike.prod)]);

const costTable = (columns: readonly (readonly CostLine[])[]) => {
  const items = new Set(columns.flatMap((lines) => lines.map(({ item }) => item)));
  const cell = (lines: readonly CostLine[], wanted: string): string =>
    lines.find(({ item }) => item === wanted)?.usd?.toFixed(2) ?? '';
  return [
    ...[...items].map((item) => [item, ...columns.map((lines) => cell(lines, item))]),
    ['In all', ...columns.map((lines) => totalOf(lines).toFixed(2))],
  ];
};
