import { CliError, type Problem } from '../cli-error';
import type { Send } from '../client';
import { filledPath } from '../endpoint';
import type { Session } from '../session';
import { count } from '../terminal/times';
import { type AnswerPrinter, csvPrinter, jsonPrinter, linePrinter, predictionIn } from './answers';
import { serviceClient } from './credential';
import { type CsvBatch, csvBatches } from './csv-batches';
import { type Format, MAX_BODY, openInput, wholeInput } from './input';

export interface PredictOptions {
  readonly format?: Format;
  readonly key?: string;
  readonly version?: string;
  readonly splitKey?: string;
  readonly clientRequestId?: string;
  readonly batchRows?: number;
  readonly csv?: true;
}

const TIMEOUT_MS = 60_000;
const DEFAULT_ROWS = 512;

/** Sends rows to a service, in as many calls as they need, and prints what it answers. */
export const predict = async (
  session: Session,
  service: string,
  file: string | undefined,
  options: PredictOptions,
): Promise<void> => {
  const path = filledPath('/services/{service}/predict', { service });
  const { format, pieces } = await openInput(session.environment, file, options.format);
  const printer = printerFor(session, options);
  const post = poster(serviceClient(session, service, options.key), path, options);
  if (format === 'json') {
    const text = await post(await wholeInput(pieces), 'application/json');
    await printer.take(text);
    await printer.end();
    sayWho(session, predictionIn(text), predictionIn(text).predictions.length);
    return;
  }
  const maxRows = options.batchRows ?? (await rowsPerCall(session, service));
  const progress = session.progress();
  let rows = 0;
  let last: ReturnType<typeof predictionIn> | undefined;
  try {
    for await (const batch of csvBatches(pieces, { maxRows, maxBytes: MAX_BODY })) {
      const text = await post(batch.body, 'text/csv').catch((error: unknown) => {
        throw batch.isLast && rows === 0 ? error : failedBatch(error, batch);
      });
      progress.done();
      await printer.take(text);
      last = predictionIn(text);
      rows += last.predictions.length;
      progress.update(`${count(rows)} rows are answered`);
    }
  } finally {
    progress.done();
    await printer.end();
  }
  if (last) sayWho(session, last, rows);
};

const printerFor = ({ json, print }: Session, { csv }: PredictOptions): AnswerPrinter => {
  if (csv) return csvPrinter(print);
  return json ? jsonPrinter(print) : linePrinter(print);
};

const poster =
  (send: Send, path: string, { version, splitKey, clientRequestId }: PredictOptions) =>
  async (body: Uint8Array<ArrayBuffer>, type: string): Promise<string> => {
    const { text } = await send({
      ...{ method: 'POST', path, body, timeoutMs: TIMEOUT_MS, retry: 'patient' },
      headers: {
        'content-type': type,
        ...(version !== undefined && { 'x-tidegate-version': version }),
        ...(splitKey !== undefined && { 'x-tidegate-split-key': splitKey }),
        ...(clientRequestId !== undefined && { 'x-client-request-id': clientRequestId }),
      },
    });
    return text;
  };

/** Rows the service takes in a call; the default when a caller with only a key may not know. */
const rowsPerCall = async ({ operatorToken, call }: Session, service: string): Promise<number> => {
  if (operatorToken === undefined) return DEFAULT_ROWS;
  const seen = await call('GET /api/services/{service}', { path: { service } }).catch(() => null);
  return seen?.max_rows ?? DEFAULT_ROWS;
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

const sayWho = (
  { say }: Session,
  { service_version, model_version, request_id }: ReturnType<typeof predictionIn>,
  rows: number,
): void => {
  const amount = `${count(rows)} row${rows === 1 ? '' : 's'}`;
  say(`${amount} by ${service_version} (${model_version}), request ${request_id}`);
};
