import type { Session } from '../session';
import { count } from '../terminal/numbers';
import type { Answer, AnswerPrinter, Prediction } from './answers';
import type { CsvBatch } from './csv-batches';
import { failedBatch } from './failed-batch';

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
        throw batch.isLast && rows === 0 ? error : failedBatch(error, batch, 'answered');
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
