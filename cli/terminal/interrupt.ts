const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Does something that Ctrl-C cancels: its signal is aborted, and it says itself what came of that. The
 * second Ctrl-C ends the process.
 */
export const interruptible = async <T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
  const abort = new AbortController();
  const interrupt = (): void => abort.abort();
  for (const signal of SIGNALS) process.once(signal, interrupt);
  try {
    return await work(abort.signal);
  } finally {
    for (const signal of SIGNALS) process.removeListener(signal, interrupt);
  }
};
