import { CliError, type Problem } from '../cli-error';
import { count } from '../terminal/numbers';
import type { CsvBatch } from './csv-batches';

/** Says which rows of the file failed, and counts the faults' rows from the file's first. */
export const failedBatch = (
  error: unknown,
  { firstRow, rows }: Pick<CsvBatch, 'firstRow' | 'rows'>,
  done: 'answered' | 'accepted',
): unknown => {
  if (!(error instanceof CliError)) return error;
  const range = `rows ${firstRow}–${firstRow + rows - 1}, counted from 0`;
  const before =
    firstRow === 0
      ? `nothing was ${done} before`
      : `${count(firstRow)} rows before them were ${done}`;
  return new CliError(`${range}: ${error.message}`, {
    ...(error.problem && { problem: shifted(error.problem, firstRow) }),
    hint: [error.hint, before].filter(Boolean).join('; '),
    cause: error,
  });
};

const shifted = (problem: Problem, by: number): Problem => ({
  ...problem,
  ...(problem.errors && {
    errors: problem.errors.map((fault) =>
      fault.row === undefined ? fault : { ...fault, row: fault.row + by },
    ),
  }),
});
