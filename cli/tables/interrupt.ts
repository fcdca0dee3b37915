/**
 * Does something that Ctrl-C cancels: its signal is aborted, and it says itself what came of that. The
 * second Ctrl-C ends the process.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  process.once('SIGINT', interrupt);
  try {
    return await work(abort.signal);
  } finally {
    process.removeListener('SIGINT', interrupt);
  }
};
