import type { Send } from '../client';
import { filledPath } from '../endpoint';
import { Refused } from '../refusals';
import type { Session } from '../session';
import { count } from '../terminal/numbers';
import { printable } from '../terminal/printable';
import {
  type AnswerPrinter,
  answerIn,
  csvPrinter,
  jsonPrinter,
  linePrinter,
  type Prediction,
} from './answers';
import { serviceClient } from './credential';
import { csvBatches } from './csv-batches';
import { type Format, MAX_BODY, openInput, wholeInput } from './input';
import { type Post, sendBatches } from './send-batches';

interface PredictOptions {
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
    const answer = await post(await wholeInput(pieces), 'application/json');
    await printer.take(answer);
    await printer.end();
    sayWho(session, answer.prediction, answer.prediction.predictions.length, 1);
    return;
  }
  const maxRows = options.batchRows ?? (await rowsPerCall(session, service));
  const batches = csvBatches(pieces, { maxRows, maxBytes: MAX_BODY });
  const { last, rows, calls } = await sendBatches(session, batches, post, printer);
  if (last) sayWho(session, last, rows, calls);
};

const printerFor = ({ json, print }: Session, { csv }: PredictOptions): AnswerPrinter => {
  if (csv) return csvPrinter(print);
  return json ? jsonPrinter(print) : linePrinter(print);
};

const poster =
  (send: Send, path: string, { version, splitKey, clientRequestId }: PredictOptions): Post =>
  async (body, type) => {
    const { text } = await send({
      ...{ method: 'POST', path, body, timeoutMs: TIMEOUT_MS, retry: 'patient' },
      headers: {
        'content-type': type,
        ...(version !== undefined && { 'x-tidegate-version': version }),
        ...(splitKey !== undefined && { 'x-tidegate-split-key': splitKey }),
        ...(clientRequestId !== undefined && { 'x-client-request-id': clientRequestId }),
      },
    });
    return answerIn(text);
  };

/** Rows the service takes in a call; what most take where it may not be asked. */
const rowsPerCall = async (
  { operatorToken, call, say }: Session,
  service: string,
): Promise<number> => {
  if (operatorToken === undefined) return DEFAULT_ROWS;
  try {
    return (await call('GET /api/services/{service}', { path: { service } })).max_rows;
  } catch (error) {
    // A key may open the service all the same.
    if (!(error instanceof Refused)) throw error;
    const why = printable(error.message);
    say(`${service}'s max_rows is not known (${why}): ${DEFAULT_ROWS} rows a call`);
    return DEFAULT_ROWS;
  }
};

const sayWho = (
  { say }: Session,
  { service_version, model_version, request_id }: Prediction,
  rows: number,
  calls: number,
): void => {
  const amount = `${count(rows)} row${rows === 1 ? '' : 's'}`;
  const by = `by ${service_version} (${model_version}), request ${request_id}`;
  say(calls === 1 ? `${amount} ${by}` : `${amount} in ${count(calls)} calls, the last ${by}`);
};
