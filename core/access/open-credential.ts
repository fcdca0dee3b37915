import type { Operator } from './access-types';
import type { CredentialRecords } from './credential-records';
import type { KeyRecords, KeyRow } from './key-records';
import { type OperatorRecords, toOperator } from './operator-records';

/** What a credential opens, and until when: milliseconds since the epoch, `Infinity` without an end. */
export type Opened = { readonly until: number } & (
  | { readonly kind: 'key'; readonly key: KeyRow }
  | { readonly kind: 'token' | 'session'; readonly operator: Operator }
);

interface Needs {
  readonly credentials: Pick<CredentialRecords, 'find'>;
  readonly keys: Pick<KeyRecords, 'find'>;
  readonly operators: Pick<OperatorRecords, 'find'>;
}

/** Finds out what the credential with a digest opens; undefined when nothing. */
export type OpenCredential = (digest: string) => Promise<Opened | undefined>;

/**
 * What the credential with this digest opens; undefined when nothing. Whoever guesses a credential
 * cannot choose its digest, so how long the look-up takes tells nothing about those that exist.
 */
export const openCredential =
  ({ credentials, keys, operators }: Needs): OpenCredential =>
  async (digest) => {
    const found = await credentials.find(digest);
    switch (found?.kind) {
      case undefined:
        return undefined;
      case 'key': {
        const key = await keys.find(found.service, found.id);
        const until = key && endOf(key, digest);
        return until ? { kind: 'key', key, until } : undefined;
      }
      case 'operator': {
        const operator = await operators.find(found.id);
        return operator?.digest === digest
          ? { kind: 'token', operator: toOperator(operator), until: Number.POSITIVE_INFINITY }
          : undefined;
      }
      case 'session': {
        const operator = await operators.find(found.operator);
        return operator?.digest === found.digest
          ? { kind: 'session', operator: toOperator(operator), until: Date.parse(found.expires_at) }
          : undefined;
      }
      case 'pass': {
        const { operator, expires_at } = found;
        return { kind: 'token', operator, until: Date.parse(expires_at) };
      }
    }
  };

/** Undefined when the key's row does not know the digest. */
const endOf = (key: KeyRow, digest: string): number | undefined => {
  const end = key.expires_at === null ? Number.POSITIVE_INFINITY : Date.parse(key.expires_at);
  if (key.digest === digest) return end;
  if (key.previous?.digest === digest) return Math.min(end, Date.parse(key.previous.until));
  return undefined;
};
