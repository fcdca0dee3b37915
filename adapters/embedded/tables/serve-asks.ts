import { isDomainError } from '../../../core/shared/domain-error';
import { messageOf } from './statement-check';
import type { Ask, FromWorker, SentError, ToWorker } from './worker-protocol';

/** Says something to the platform. */
export const tell = (message: FromWorker): void => {
  if (process.connected) process.send?.(message);
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

const sent = (error: unknown): SentError => ({
  kind: isDomainError(error) ? error.kind : null,
  message: messageOf(error),
});
