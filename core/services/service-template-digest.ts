import type { Digest } from './service-template-names';
import type { Template } from './service-template-shape';

type Parts = Pick<Template, 'Metadata' | 'Conditions' | 'Resources'>;

/**
 * Digest of a template, whatever order its members are in: parts of the one in force beside those of a
 * plan come in another, and nothing is to be changed for that.
 */
export const templateDigest = (digest: Digest, parts: Parts): string =>
  digest(JSON.stringify(parts, inOrder));

const inOrder = (_: string, value: unknown): unknown => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
};
