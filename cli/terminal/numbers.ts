/** A whole number for people: `12,345`. */
export const count = (value: number): string => value.toLocaleString('en-US');

const DIGITS = 6;

/** A number with the digits that people compare, about six: `0.0891404` or `251337`. */
export const rounded = (value: number): number =>
  Math.abs(value) >= 10 ** (DIGITS - 1) ? Math.round(value) : Number(value.toPrecision(DIGITS));

const UNITS: readonly (readonly [string, number])[] = [
  ['GB', 1e9],
  ['MB', 1e6],
  ['kB', 1e3],
];

/** Bytes for people: `1.4 MB`. */
export const size = (bytes: number): string => {
  const [unit, factor] = UNITS.find(([, least]) => bytes >= least) ?? ['B', 1];
  return factor === 1 ? `${bytes} B` : `${(bytes / factor).toFixed(1)} ${unit}`;
};
