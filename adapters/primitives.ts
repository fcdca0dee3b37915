import { createHmac, hash, randomBytes, randomUUIDv7 } from 'node:crypto';
import { performance } from 'node:perf_hooks';

/** Time, ids and hashes: what core is given so that it stays deterministic. */
export const now = (): Date => new Date();
export const newId = (): string => randomUUIDv7();
export const clock = (): number => performance.now();
export const digest = (text: string): string => hash('sha256', text, 'hex');
export const randomSecret = (): string => randomBytes(32).toString('hex');
export { randomBytes };

/** HMAC-SHA-256 in hex, under one key per installation. */
export const hmacWith =
  (key: string) =>
  (text: string): string =>
    createHmac('sha256', key).update(text).digest('hex');
