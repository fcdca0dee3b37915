import { DomainError } from '../shared/domain-error';
import type { CredentialHeaders } from './access-types';

/** Name of the cookie that carries a session. */
export const SESSION_COOKIE = 'tidegate_session';
const MAX_COOKIES = 16_384;

const missing = () =>
  new DomainError(
    'missing-credentials',
    'give one credential: Authorization: Bearer <key>, Authorization: <key> or x-api-key: <key>',
  );

/**
 * The credential in a request's headers; null when there is none. `Bearer x`, `x` and `x-api-key: x`
 * mean the same.
 * @throws `missing-credentials` when there are two different ones
 */
export const givenCredential = (headers: CredentialHeaders): string | null => {
  const authorization = onlyOne(asText(headers.authorization), withoutScheme);
  const apiKey = onlyOne(asText(headers['x-api-key']), asText);
  if (authorization === '') return apiKey === '' ? null : apiKey;
  if (apiKey !== '' && apiKey !== authorization) throw missing();
  return authorization;
};

/** @throws `missing-credentials` always: no credential was given where one is needed */
export const missingCredential = (): never => {
  throw missing();
};

/** The session in a browser's cookie; null when there is none. */
export const givenSession = ({ cookie }: CredentialHeaders): string | null => {
  const text = asText(cookie);
  if (text === '' || text.length > MAX_COOKIES) return null;
  for (const pair of text.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === SESSION_COOKIE) return pair.slice(at + 1).trim();
  }
  return null;
};

// Servers may hand over a header that came twice as a list.
const asText = (value: unknown): string =>
  typeof value === 'string' ? value.trim() : Array.isArray(value) ? value.join(', ').trim() : '';

/** A header that came twice reads as a list; no credential has a comma in it. */
const onlyOne = (text: string, read: (one: string) => string): string => {
  if (!text.includes(',')) return read(text);
  const [first = '', ...others] = new Set(text.split(',').map((one) => read(one.trim())));
  if (others.length > 0) throw missing();
  return first;
};

const withoutScheme = (text: string): string => {
  if (text.length < 6 || text.slice(0, 6).toLowerCase() !== 'bearer') return text;
  if (text.length === 6) return '';
  return text[6] === ' ' || text[6] === '\t' ? text.slice(7).trim() : text;
};
