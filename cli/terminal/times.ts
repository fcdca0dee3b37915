const two = (value: number): string => String(value).padStart(2, '0');

/** A time for people: local, `2026-11-20 14:03:07`. What is no time stays as it is. */
export const localTime = (time: string | null | undefined): string => {
  if (!time) return '-';
  const at = new Date(time);
  if (Number.isNaN(at.getTime())) return time;
  const day = `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  return `${day} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
};

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

/** A whole number for people: `12,345`. */
export const count = (value: number): string => value.toLocaleString('en-US');
