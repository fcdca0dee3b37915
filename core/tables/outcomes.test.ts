import { MOST_OUTCOMES, type OutcomeType, outcomesOf, withOutcomes } from './outcomes';
import { NO_COLUMNS, type ServiceTable, withVersion } from './service-table';

const told = (outcomes: Readonly<Record<string, OutcomeType>>) => new Map(Object.entries(outcomes));
const ofFeatures = (...names: readonly string[]): ServiceTable =>
  withVersion(
    NO_COLUMNS,
    {
      inputs: names.map((name) => ({ name, type: 'double' as const, required: true })),
      output: { type: 'double', width: 1, classes: null },
    },
    new Set(),
  ).table;

describe('outcomes with names', () => {
  it('have a column each, and two for their times', () => {
    const { columns } = withOutcomes(NO_COLUMNS, told({ click: 'boolean' }));
    expect(columns.map(({ name, type }) => [name, type])).toEqual([
      ['click', 'boolean'],
      ['click_labelled_at', 'timestamp'],
      ['click_received_at', 'timestamp'],
    ]);
  });

  it('stand beside features of their name, whichever came first', () => {
    const later = withOutcomes(ofFeatures('revenue'), told({ revenue: 'double' }));
    expect(outcomesOf(later.columns)).toEqual([
      {
        ...{ name: 'revenue', type: 'double', value: 'revenue_2' },
        ...{ labelledAt: 'revenue_2_labelled_at', receivedAt: 'revenue_2_received_at' },
      },
    ]);
    const before = withOutcomes(NO_COLUMNS, told({ revenue: 'double', prediction: 'double' }));
    const inputs = [{ name: 'revenue', type: 'double' as const, required: true }];
    const output = { type: 'double' as const, width: 1, classes: null };
    const { version } = withVersion(before, { inputs, output }, new Set());
    expect(version).toMatchObject({
      features: [{ column: 'revenue_2' }],
      prediction: 'prediction',
      label: 'label',
    });
  });

  it('keep their columns, and their types', () => {
    const table = withOutcomes(NO_COLUMNS, told({ click: 'boolean' }));
    expect(withOutcomes(table, told({ click: 'boolean' }))).toEqual(table);
    expect(() => withOutcomes(table, told({ click: 'double' }))).toThrow('click is a boolean');
  });

  it('are at most 20 of a service', () => {
    const names = Array.from({ length: MOST_OUTCOMES }, (_, i): [string, OutcomeType] => [
      `o${i}`,
      'double',
    ]);
    const full = withOutcomes(NO_COLUMNS, new Map(names));
    expect(() => withOutcomes(full, told({ one_more: 'double' }))).toThrow('at most 20');
  });
});
