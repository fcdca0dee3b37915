/** One run per name at a time; whoever asks during a run waits for one that begins after it. */
export const oneAtATime = (work: (name: string) => Promise<void>) => {
  const running = new Map<string, Promise<void>>();
  const queued = new Map<string, Promise<void>>();

  const begin = (name: string): Promise<void> => {
    const run = work(name).finally(() => running.delete(name));
    running.set(name, run);
    return run;
  };

  return (name: string): Promise<void> => {
    const waiting = queued.get(name);
    if (waiting !== undefined) return waiting;
    const before = running.get(name);
    if (before === undefined) return begin(name);
    const next = before.then(() => {
      queued.delete(name);
      return begin(name);
    });
    queued.set(name, next);
    return next;
  };
};
