/** Times of a replica's life, in milliseconds. */
export interface ReplicaTimes {
  /** A start that takes longer has failed. */
  readonly start: number;
  /** The first pause before a new start; each failure doubles it. */
  readonly firstPause: number;
  readonly longestPause: number;
  /** The pause of a version that never came up and was given up for now. */
  readonly rarePause: number;
  /** A replica that ran so long starts with the first pause again. */
  readonly stable: number;
  /** What a replica that leaves gets to finish its requests. */
  readonly drain: number;
}

export const REPLICA_TIMES: ReplicaTimes = {
  start: 180_000,
  firstPause: 500,
  longestPause: 30_000,
  rarePause: 300_000,
  stable: 60_000,
  drain: 30_000,
};

/** Failures in a row after which a replica that never ran has failed. */
export const MOST_FAILURES = 3;

/** The pause after so many failures in a row, with a random half to keep replicas apart. */
export const pauseAfter = (
  failures: number,
  everRan: boolean,
  times: ReplicaTimes,
  random: () => number,
): number => {
  const full =
    !everRan && failures >= MOST_FAILURES
      ? times.rarePause
      : Math.min(times.firstPause * 2 ** Math.max(failures - 1, 0), times.longestPause);
  return full * (0.5 + random() / 2);
};
