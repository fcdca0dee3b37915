const LAST_MS = 2 ** 48 - 1;

/** The milliseconds since the epoch that a UUIDv7 names; NaN when the text is none. */
export const requestTimeOf = (requestId: string): number =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/.test(requestId)
    ? millisecondsIn(requestId)
    : Number.NaN;

/** The milliseconds in an id or in what `firstIdOf` made. */
export const millisecondsIn = (id: string): number =>
  Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);

/** Comes before every request id of that millisecond and after every id of the one before, as text. */
export const firstIdOf = (ms: number): string => {
  const hex = Math.min(Math.max(Math.floor(ms), 0), LAST_MS)
    .toString(16)
    .padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-0000-0000-000000000000`;
};
