import type { Quota } from '../option-values';
import { count } from '../terminal/numbers';
import { UNLIMITED_RATE } from './settings';

interface Throttle {
  readonly rate: number;
  readonly burst: number;
  readonly quota?: Quota | null;
}

/** `100/s, burst 200, 1,000 a day`; a rate that holds nobody back is left out. */
export const throttleText = (throttle: Throttle | null): string => {
  if (!throttle) return '-';
  const { rate, burst, quota } = throttle;
  const speed = rate < UNLIMITED_RATE ? [`${rate}/s`, `burst ${burst}`] : [];
  return [...speed, ...(quota ? [`${count(quota.limit)} a ${quota.period}`] : [])].join(', ');
};
