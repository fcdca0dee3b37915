/** One line of an estimate. */
export interface CostLine {
  readonly item: string;
  /** How much of it, for people. */
  readonly quantity: string;
  /** US dollars; null where no price is known, or it is not paid by the month. */
  readonly usd: number | null;
}

/** What the lines cost together, in US dollars. */
export const totalOf = (lines: readonly CostLine[]): number =>
  lines.reduce((sum, { usd }) => sum + (usd ?? 0), 0);

/** AWS's month. */
export const HOURS_A_MONTH = 730;
/** The same in seconds. */
export const SECONDS_A_MONTH = HOURS_A_MONTH * 3600;
