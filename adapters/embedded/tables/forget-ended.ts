interface Ended {
  /** Milliseconds on the monotonic clock; null while it is under way. */
  readonly endedAt: number | null;
}

/** Forgets of what has ended all but the last `most`, and what has ended more than `keptMs` ago. */
export const forgetEnded = (
  known: Map<string, Ended>,
  now: number,
  { most, keptMs }: { readonly most: number; readonly keptMs: number },
): void => {
  const ended = [...known].filter(([, { endedAt }]) => endedAt !== null);
  ended.forEach(([id, { endedAt }], i) => {
    const age = now - (endedAt ?? 0);
    if (age > keptMs || i < ended.length - most) known.delete(id);
  });
};
