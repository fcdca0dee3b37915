interface Needs {
  readonly now: () => Date;
  /** How many requests of a service were answered in a minute (its beginning), and how many of them were lost. */
  readonly publish: (counted: Counted) => void;
}

/** What became of a service's requests in a minute. */
export interface Counted {
  readonly service: string;
  readonly minute: Date;
  readonly answered: number;
  /** Of these, those of which no record is kept. */
  readonly lost: number;
}

const MINUTE_MS = 60_000;

/**
 * Counts what is captured by service and minute, for `capture_completeness`. A minute is told once it is
 * over, or at once when something of it was lost: each telling holds what came since the one before.
 */
export const captureCounts = ({ now, publish }: Needs) => {
  const counts = new Map<string, { -readonly [K in keyof Counted]: Counted[K] }>();

  const countOf = (service: string) => {
    const minute = Math.floor(now().getTime() / MINUTE_MS) * MINUTE_MS;
    const key = `${service}#${minute}`;
    const count = counts.get(key) ?? { service, minute: new Date(minute), answered: 0, lost: 0 };
    counts.set(key, count);
    return count;
  };

  return {
    /** A request was answered that is to be captured. */
    answered(service: string): void {
      countOf(service).answered += 1;
    },

    lost(service: string, requests: number): void {
      countOf(service).lost += requests;
    },

    /** Tells of minutes that are over, and of losses. */
    tell(): void {
      const current = Math.floor(now().getTime() / MINUTE_MS) * MINUTE_MS;
      for (const [key, count] of counts) {
        // A clock that was set back must not keep it for ever.
        if (count.minute.getTime() === current && count.lost === 0) continue;
        counts.delete(key);
        publish(count);
      }
    },
  };
};
