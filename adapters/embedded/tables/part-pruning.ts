import { partitionOf } from './part-files';
import type { Part } from './table-state';

/** One reading of a table, and what DuckDB found out of its rows: it needs none that fail one of these. */
export interface Scan {
  readonly table: string;
  readonly filters: readonly ColumnFilter[];
}

export interface ColumnFilter {
  readonly column: string;
  readonly filter: Filter;
}

/** A condition on one column's values, in the words of DuckDB's plans. */
export interface Filter {
  readonly filter_type: string;
  readonly comparison_type?: string;
  readonly constant?: Constant;
  readonly values?: readonly Constant[];
  readonly child_filter?: Filter;
  readonly child_filters?: readonly Filter[];
}

interface Constant {
  readonly type: { readonly id: string };
  readonly is_null: boolean;
  readonly value?: unknown;
}

/**
 * The days that can have rows for one of a table's scans. Only conditions that are understood for
 * certain leave days out.
 */
export const neededDays = (
  table: string,
  days: readonly string[],
  scans: readonly Scan[],
): readonly string[] =>
  days.filter((date) => mayNeed(scans, new Map([[partitionOf(table), daysBeside(date)]])));

/** The parts that can have rows for one of their table's scans, as with days. */
export const neededParts = (parts: readonly Part[], scans: readonly Scan[]): readonly Part[] =>
  parts.filter((part) => mayNeed(scans, rangesOf(part)));

/** All values of one column in a part that are not null, and maybe more. Both ends are in it. */
interface Range {
  readonly type: 'DATE' | 'VARCHAR';
  readonly first: number | string;
  readonly last: number | string;
}

const mayNeed = (scans: readonly Scan[], ranges: ReadonlyMap<string, Range>): boolean =>
  scans.some(({ filters }) =>
    filters.every(({ column, filter }) => {
      const range = ranges.get(column);
      return range === undefined || mayHold(filter, range);
    }),
  );

const DAY_MS = 86_400_000;

/**
 * A day with the days beside it: where a condition says `current_date`, a plan has the day of its making,
 * and the statement may run after midnight.
 */
const daysBeside = (date: string): Range => {
  const day = Date.parse(date) / DAY_MS;
  return { type: 'DATE', first: day - 1, last: day + 1 };
};

const rangesOf = ({ table, date, firstId, lastId }: Part): ReadonlyMap<string, Range> => {
  const ranges = new Map<string, Range>([
    [partitionOf(table), daysBeside(date)],
    ['request_id', { type: 'VARCHAR', first: firstId, last: lastId }],
  ]);
  // Labels have their examples' ids as they were sent. Elsewhere what follows the id begins with `-`,
  // and all ids are of one length.
  if (table === 'labels') return ranges;
  return ranges.set('example_id', { type: 'VARCHAR', first: firstId, last: `${lastId}.` });
};

/** Whether a condition can hold for a value of a range. */
const mayHold = (filter: Filter, range: Range): boolean => {
  const { filter_type, constant, values, child_filter, child_filters } = filter;
  switch (filter_type) {
    case 'CONSTANT_COMPARISON':
      return constant === undefined || mayCompare(filter.comparison_type, constant, range);
    case 'IN_FILTER':
      return values?.some((value) => mayCompare('COMPARE_EQUAL', value, range)) ?? true;
    case 'CONJUNCTION_AND':
      return child_filters?.every((child) => mayHold(child, range)) ?? true;
    case 'CONJUNCTION_OR':
      return child_filters?.some((child) => mayHold(child, range)) ?? true;
    case 'OPTIONAL_FILTER':
      return child_filter === undefined || mayHold(child_filter, range);
    default:
      return true;
  }
};

const mayCompare = (
  comparison: string | undefined,
  { type, is_null, value }: Constant,
  range: Range,
): boolean => {
  if (is_null || type.id !== range.type) return true;
  const { first, last } = range;
  // DuckDB orders texts by their bytes, as this does where one of them is ASCII, as ids are.
  if (typeof value !== typeof first || (typeof value !== 'string' && typeof value !== 'number')) {
    return true;
  }
  switch (comparison) {
    case 'COMPARE_EQUAL':
      return first <= value && value <= last;
    case 'COMPARE_LESSTHAN':
      return first < value;
    case 'COMPARE_LESSTHANOREQUALTO':
      return first <= value;
    case 'COMPARE_GREATERTHAN':
      return last > value;
    case 'COMPARE_GREATERTHANOREQUALTO':
      return last >= value;
    default:
      return true;
  }
};
