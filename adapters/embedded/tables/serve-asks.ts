import { isDomainError } from '../../../core/shared/domain-error';
import { orFullDisk } from '../full-disk';
import { messageOf } from './statement-check';
import type { Ask, FromWorker, SentError, ToWorker } from './worker-protocol';

/** Says something to the platform; `said` is called when that is on its way. */
export const tell = (message: FromWorker, said = (): void => undefined): void => {
  if (process.connected) process.send?.(message, said);
};

/** Says why this process cannot go on, and ends it. @throws what is a mistake of ours */
export const endFor = (error: unknown): void => {
  const fault = orFullDisk(error);
  if (!isDomainError(fault)) throw fault;
  const { message } = fault;
  process.send?.({ tell: 'trouble', message } satisfies FromWorker, () => process.exit(1));
};

/** Answers what the platform asks. */
export const serveAsks = (answer: (ask: Ask, signal: AbortSignal) => Promise<unknown>): void => {
  const running = new Map<number, AbortController>();
  process.on('message', (message: ToWorker) => {
    const { id } = message;
    if (message.ask === 'cancel') {
      running.get(id)?.abort();
      return;
    }
    const abort = new AbortController();
    running.set(id, abort);
    answer(message, abort.signal)
      .then((value) => tell({ tell: 'answer', id, value }))
      .catch((error: unknown) => tell({ tell: 'failure', id, error: sent(error) }))
      .finally(() => running.delete(id));
  });
};

const sent = (error: unknown): SentError => {
  const message = messageOf(error);
  if (!isDomainError(error)) return { kind: null, message };
  const { kind, retryAfterS } = error;
  return { kind, message, ...(retryAfterS !== undefined && { retryAfterS }) };
};
