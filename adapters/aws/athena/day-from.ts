const DAY_MS = 86_400_000;

/** The day (`YYYY-MM-DD`) so many days from that of a time or day (RFC 3339). */
export const dayFrom = (time: string, days: number): string =>
  new Date(Date.parse(time.slice(0, 10)) + days * DAY_MS).toISOString().slice(0, 10);
