import { setTimeout as sleep } from 'node:timers/promises';

const RETRY_MS = 200;

/** After what could not be written down, and what another was at. */
export const pause = (): Promise<void> => sleep(RETRY_MS);
