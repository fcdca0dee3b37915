import { prices } from '../../docs/aws-prices.json';
import { size } from '../terminal/numbers';

const MB = 1e6;
const TB = 1e12;
const LEAST_MB = 10;
const DIGITS = 2;
/** Below it a price is told by its first digits, for no cent would be left of it. */
const CENT = 0.01;

/** What Athena bills for a statement that scanned so many bytes, in US dollars. */
export const scanUsd = (bytes: number): number =>
  (Math.max(LEAST_MB, Math.ceil(bytes / MB)) * MB * prices.athena_tb.usd) / TB;

/** `10.0 MB scanned ($0.00005)`: how much a statement read, and what Athena bills for it. */
export const scanText = (bytes: number): string => {
  const billed = bytes < LEAST_MB * MB ? `, billed as ${LEAST_MB} MB` : '';
  return `${size(bytes)} scanned${billed} ($${usdText(scanUsd(bytes))})`;
};

const usdText = (usd: number): string => {
  if (usd >= CENT) return usd.toFixed(DIGITS);
  const digits = DIGITS - 1 - Math.floor(Math.log10(usd));
  return usd.toFixed(digits).replace(/0+$/, '');
};
