import { DomainError } from '../shared/domain-error';
import { freeNames, type MappedColumn, type ServiceTable } from './service-table';
import type { ScalarType } from './table-column';

/** The outcome that a label without a name tells: the one that was predicted. */
export const THE_LABEL = 'label';

/** Types that an outcome with a name has: those of JSON. */
export type OutcomeType = Extract<ScalarType, 'boolean' | 'double' | 'string'>;

/** How many outcomes a service's rows can have beside their label. */
export const MOST_OUTCOMES = 20;

/** Where the values of an outcome with a name stand, and their times. */
export interface OutcomeColumns {
  readonly name: string;
  readonly type: OutcomeType;
  readonly value: string;
  readonly labelledAt: string;
  readonly receivedAt: string;
}

/** The outcomes with names that a table has columns for, in the order in which they came. */
export const outcomesOf = (columns: ServiceTable['columns']): readonly OutcomeColumns[] =>
  columns
    .filter(({ kind }) => kind === 'outcome')
    .map(({ of, name, type }) => ({
      name: of,
      type: type as OutcomeType,
      value: name,
      labelledAt: timeOf(columns, 'outcome-labelled', of),
      receivedAt: timeOf(columns, 'outcome-received', of),
    }));

/** An outcome of a row as statements speak of it: the suffix tells its cells from others' of a label. */
export interface ToldOutcome extends Pick<OutcomeColumns, 'name' | 'labelledAt' | 'receivedAt'> {
  readonly suffix: string;
}

/** The outcomes that rows have: first the label, which may stand in several columns. */
export const toldOutcomes = (columns: ServiceTable['columns']): readonly ToldOutcome[] => [
  { name: THE_LABEL, labelledAt: 'labelled_at', receivedAt: 'label_received_at', suffix: '' },
  ...outcomesOf(columns).map(({ name, labelledAt, receivedAt }, i) => ({
    ...{ name, labelledAt, receivedAt, suffix: `_${i + 1}` },
  })),
];

/**
 * The table with room for outcomes, by name. A column that is there keeps its type.
 * @throws `invalid-input` for an outcome of another type than it had, and for more than 20
 */
export const withOutcomes = (
  table: ServiceTable,
  outcomes: ReadonlyMap<string, OutcomeType>,
): ServiceTable => {
  const known = new Map(outcomesOf(table.columns).map(({ name, type }) => [name, type]));
  const columns = [...table.columns];
  const free = freeNames(table);
  for (const [of, type] of outcomes) {
    const before = known.get(of);
    if (before === type) continue;
    if (before)
      throw new DomainError('invalid-input', `${of} is a ${before}, as it was first sent`);
    known.set(of, type);
    const name = free(of);
    columns.push(
      { kind: 'outcome', of, name, type },
      { kind: 'outcome-labelled', of, name: free(name, '_labelled_at'), type: 'timestamp' },
      { kind: 'outcome-received', of, name: free(name, '_received_at'), type: 'timestamp' },
    );
  }
  if (known.size > MOST_OUTCOMES) {
    const message = `a service has at most ${MOST_OUTCOMES} outcomes with names: ${[...known.keys()].join(', ')}`;
    throw new DomainError('invalid-input', message);
  }
  return { columns };
};

const timeOf = (
  columns: readonly MappedColumn[],
  kind: MappedColumn['kind'],
  of: string,
): string => {
  const column = columns.find((one) => one.kind === kind && one.of === of);
  if (!column) throw new Error(`the outcome ${of} has no ${kind}`);
  return column.name;
};
