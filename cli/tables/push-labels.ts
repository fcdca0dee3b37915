import { CliError, usageError } from '../cli-error';
import type { Send } from '../client';
import { jsonOf } from '../control-api';
import { filledPath } from '../endpoint';
import { csvBatches } from '../inference/csv-batches';
import { failedBatch } from '../inference/failed-batch';
import { type Format, MAX_BODY, openInput } from '../inference/input';
import type { Session } from '../session';
import { count } from '../terminal/numbers';
import { labelBatches } from './label-batches';

interface PushOptions {
  readonly format?: Format;
  readonly key?: string;
}

interface Accepted {
  readonly batch_id: string;
  readonly accepted: number;
}

const MOST_LABELS = 10_000;
const TIMEOUT_MS = 60_000;
const TYPES = { csv: 'text/csv', json: 'application/json' } as const satisfies Record<
  Format,
  string
>;

/** Sends labels to a service, in as many calls as they need. Sent again they change nothing. */
export const pushLabels = async (
  session: Session,
  service: string,
  file: string,
  options: PushOptions,
): Promise<void> => {
  const path = filledPath('/services/{service}/labels', { service });
  const { format, pieces } = await openInput(session.environment, file, options.format);
  const limits = { maxRows: MOST_LABELS, maxBytes: MAX_BODY };
  const batches = format === 'csv' ? csvBatches(pieces, limits) : labelBatches(pieces, limits);
  const send = labelClient(session, options.key);
  const accepted: Accepted[] = [];
  let labels = 0;
  const progress = session.progress();
  try {
    for await (const batch of batches) {
      const answer = await send({
        ...{ method: 'POST', path, timeoutMs: TIMEOUT_MS, retry: 'patient' },
        ...{ body: batch.body, headers: { 'content-type': TYPES[format] } },
      }).catch((error: unknown) => {
        throw batch.isLast && labels === 0 ? error : failedBatch(error, batch, 'accepted');
      });
      const told = acceptedIn(jsonOf(answer));
      accepted.push(told);
      labels += told.accepted;
      progress.update(`${count(labels)} labels are accepted`);
    }
  } finally {
    progress.done();
  }
  await session.answer({ accepted: labels, batches: accepted }, () => {
    const calls = accepted.length === 1 ? '' : ` in ${count(accepted.length)} calls`;
    return session.print(`${count(labels)} label${labels === 1 ? '' : 's'} accepted${calls}`);
  });
};

/** @throws CliError when it is not the answer of the labels' route */
const acceptedIn = (answer: unknown): Accepted => {
  const { batch_id, accepted } = (answer ?? {}) as Partial<Accepted>;
  if (typeof batch_id !== 'string' || typeof accepted !== 'number') {
    throw new CliError('the answer is not as Tidegate gives it: is it another server?');
  }
  return { batch_id, accepted };
};

/** With a key of the service that is given, or else as the operator: a kept key may only predict. */
const labelClient = ({ sendAs, operatorToken, environment }: Session, key?: string): Send => {
  const given = key ?? (environment.env.TIDEGATE_KEY || undefined);
  if (given !== undefined) {
    return sendAs(
      given,
      'the key sent is the one of --key or TIDEGATE_KEY: it needs the scope labels',
    );
  }
  if (operatorToken === undefined) {
    throw usageError(
      'no credential: set TIDEGATE_KEY to a key with the scope labels, or TIDEGATE_TOKEN',
    );
  }
  return sendAs(operatorToken, "the operator's token was sent: it takes an editor, or a key");
};
