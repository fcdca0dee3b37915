import type { MappedColumn } from '../../../core/tables/service-table';
import { outcomeNames } from './label-statements';
import { partPath } from './part-files';
import { columnsIn } from './part-shape';
import { ROW_NUMBER } from './put-labels';
import { list, literal } from './quoting';
import type { Part } from './table-state';

/**
 * Parts of one shape that are looked through together: labels may come in any order, and each look goes
 * through all that wait.
 */
const PARTS_AT_ONCE = 8;
/** What DuckDB calls a file's place among those that it reads; features may be called as they like. */
const FILE_INDEX = 'file_index';

/** Parts in which labels are looked for at once. */
export interface Looked {
  /** Where their labels go: `part`, which of them, `file_row_number`, and the label's own columns. */
  readonly relation: string;
  readonly parts: readonly Part[];
  /** Whether rows are known by where they stand in their file. */
  readonly hasNumbers: boolean;
}

/** Parts, put together by what they have in common. */
export const lookedTogether = (parts: readonly Part[]): readonly Looked[] => {
  const groups = [...Map.groupBy(parts, ({ shape }) => shape)].flatMap(([shape, alike]) => {
    const columns = columnsIn(shape);
    const most = columns.includes(FILE_INDEX) ? 1 : PARTS_AT_ONCE;
    const sorted = alike.toSorted((one, other) => (one.firstId < other.firstId ? -1 : 1));
    const pieces = Array.from({ length: Math.ceil(sorted.length / most) }, (_, i) =>
      sorted.slice(i * most, (i + 1) * most),
    );
    return pieces.map((piece) => ({
      parts: piece,
      hasNumbers: !columns.includes(ROW_NUMBER.name),
    }));
  });
  return groups.map((group, i) => ({ ...group, relation: `found_${i}` }));
};

/** A statement that makes their relation, from `waiting`, of the labels that have a row in them and a column. */
export const findIn = (
  folder: string,
  { relation, parts, hasNumbers }: Looked,
  mapped: readonly MappedColumn[],
): string => {
  const files = list(parts.map((part) => partPath(folder, part)));
  const numbers = hasNumbers ? ', file_row_number = true' : '';
  const index = parts.length === 1 ? '0' : FILE_INDEX;
  const last = parts
    .map(({ lastId }) => lastId)
    .toSorted()
    .at(-1);
  return `
CREATE OR REPLACE TABLE ${relation} AS
SELECT part, ${ROW_NUMBER.name}, waiting.* EXCLUDE (example_id)
FROM (
  SELECT example_id, ${index}::INTEGER AS part, ${hasNumbers ? ROW_NUMBER.name : 'NULL::BIGINT AS file_row_number'}
  FROM read_parquet(${files}, hive_partitioning = false${numbers})
) JOIN waiting USING (example_id)
WHERE waiting.example_id BETWEEN ${literal(parts[0]?.firstId ?? '')} AND ${literal(`${last}.`)}
  AND name IN ${outcomeNames(mapped)}`;
};
