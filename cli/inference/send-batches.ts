import { CliError, type Problem } from '../cli-error';
import type { Session } from '../session';
import { count } from '../terminal/numbers';
import type { Answer, AnswerPrinter, Prediction } from './answers';
import type { CsvBatch } from './csv-batches';

/** Sends rows and answers what they were answered. */
export type Post = (body: Uint8Array<ArrayBuffer>, type: string) => Promise<Answer>;

/** Sends batches one after the other, prints what is answered, and says how far it is. */
export const sendBatches = async (
  session: Session,
  batches: AsyncIterable<CsvBatch>,
  post: Post,
  printer: AnswerPrinter,
): Promise<{ last: Prediction | null; rows: number; calls: number }> => {
  const progress = session.progress();
  let rows = 0;
  let calls = 0;
  let last: Prediction | null = null;
  try {
    for await (const batch of batches) {
      const answer = await post(batch.body, 'text/csv').catch((error: unknown) => {
        throw batch.isLast && rows === 0 ? error : failedBatch(error, batch);
      });
      progress.done();
      await printer.take(answer);
      last = answer.prediction;
      rows += last.predictions.length;
      calls += 1;
      progress.update(`${count(rows)} rows are answered`);
    }
  } finally {
    progress.done();
    await printer.end();
  }
  return { last, rows, calls };
};

/** Says which rows of the file failed, and counts the faults' rows from the file's first. */
const failedBatch = (error: unknown, { firstRow, rows }: CsvBatch): unknown => {
  if (!(error instanceof CliError)) return error;
  const range = `rows ${firstRow}–${firstRow + rows - 1}, counted from 0`;
  const before =
    firstRow === 0
      ? 'nothing was answered before'
      : `${count(firstRow)} rows before them were answered`;
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
