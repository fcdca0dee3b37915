import { LABELS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import { descriptionOf } from '../../embedded/tables/tables-fixture';
import { prepareTables } from './prepare-tables';
import type { Statement, StatementResult } from './statement';

const PLACES = { database: 'inference', rawDatabase: 'inference_raw' };
const GROUND = { bucket: 'tables', quietSeconds: 2_700 };
const DONE: StatementResult = { rows: [], written: null };
const FAILED: StatementResult = { ...DONE, failed: "column 'ph' already exists" };
const taught = { model: 'wine', version: 1, inputs: { ph: 'double', age: 'string' } } as const;
const { table } = descriptionOf([taught]);
const LABELS_THERE = LABELS.map(({ name }) => name);
const ALL = serviceColumns(table).map(({ name }) => name);
const without = (...columns: readonly string[]) => ALL.filter((name) => !columns.includes(name));

/** What is asked of an engine that has these columns each time that it is looked; columns cannot be added. */
const asked = (...looks: readonly (readonly string[])[]) => askedOf(LABELS_THERE, looks);
const askedOf = (
  labels: readonly string[],
  looks: readonly (readonly string[])[],
): readonly Statement[] => {
  const steps = prepareTables(PLACES, GROUND, 'wine', table);
  const statements: Statement[] = [];
  let looked = 0;
  for (let next = steps.next(); !next.done; ) {
    if (!('sql' in next.value)) throw new Error('no statement');
    const { step } = next.value;
    statements.push(next.value);
    const there = looks[Math.min(looked, looks.length - 1)] ?? [];
    if (step === 'columns-there') looked += 1;
    const rows = [
      ...there.map((column) => ['wine', column]),
      ...labels.map((column) => ['labels', column]),
    ];
    next = steps.next(step === 'columns-there' ? { ...DONE, rows } : FAILED);
  }
  return statements.filter(({ step }) => step !== 'create-table');
};

const stepsOf = (statements: readonly Statement[]) =>
  statements.map(({ step, mayFail = false }) => (mayFail ? `${step}?` : step));

describe('columns that a table lacks', () => {
  it('are none where it has all', () => {
    expect(stepsOf(asked(ALL))).toEqual(['columns-there']);
  });

  it('are added to the labels of an older release, too', () => {
    const older = LABELS_THERE.filter((column) => column !== 'name');
    const [, added] = askedOf(older, [ALL]);
    expect(added?.sql).toBe('ALTER TABLE `inference`.`labels` ADD COLUMNS (`name` string)');
  });

  it('are there when somebody else has added them meanwhile, or a first attempt', () => {
    const statements = asked(without('ph', 'age'), ALL);
    expect(stepsOf(statements)).toEqual(['columns-there', 'add-columns?', 'columns-there']);
    expect(statements[1]?.sql).toMatch(/ADD COLUMNS \(`ph` double, `age` string\)$/);
  });

  it('are added without those that somebody else has added meanwhile', () => {
    const [, , , second] = asked(without('ph', 'age'), without('age'), ALL);
    expect(second?.sql).toMatch(/ADD COLUMNS \(`age` string\)$/);
  });

  it('fail the work when they cannot be added at all', () => {
    expect(stepsOf(asked(without('ph')))).toEqual([
      ...['columns-there', 'add-columns?', 'columns-there', 'add-columns?'],
      ...['columns-there', 'add-columns'],
    ]);
  });
});
