import { DomainError } from '../../core/shared/domain-error';
import { scanJson } from './scan-json';

const MAX_DEPTH = 32;
// An escaped backslash, a whole pair, or (captured) half of one.
const SURROGATES = /\\\\|\\u[dD][89abAB]..\\u[dD][c-fC-F]..|(\\u[dD][89a-fA-F])/g;

/** A JSON object and what its text told beside it. */
export interface ParsedJson {
  readonly value: Readonly<Record<string, unknown>>;
  /** A member is given twice in the outermost object or in an object directly within it. */
  readonly repeats: boolean;
}

const malformed = (detail: string): DomainError => new DomainError('malformed-body', detail);

/** UTF-8 as text, its byte order mark skipped. @throws `malformed-body` */
export const decodeText = (body: Uint8Array): string => {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch {
    throw malformed('the body is not UTF-8');
  }
};

/** The JSON object a body holds. @throws `malformed-body`: no JSON, too deep, or not an object */
export const parseJson = (body: Uint8Array): ParsedJson => {
  const { depth, members, nestedMembers } = scanJson(body);
  if (depth > MAX_DEPTH) throw malformed(`deeper than ${MAX_DEPTH} levels`);
  const text = decodeText(body);
  const value = parsed(text);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new DomainError('invalid-input', 'the body must be a JSON object');
  }
  if (hasHalfPair(text)) throw malformed('a string holds half of a surrogate pair');
  return { value: value as ParsedJson['value'], repeats: repeatsIn(value, members, nestedMembers) };
};

/** A member of the object a body holds, which need not be in order otherwise; undefined when it cannot be read. */
export const memberIn = (body: Uint8Array, member: string): unknown => {
  // As deep as a body of 4 MB can be, parsing it takes half a second.
  if (scanJson(body).depth > MAX_DEPTH) return undefined;
  try {
    return JSON.parse(new TextDecoder().decode(body))?.[member];
  } catch {
    return undefined;
  }
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed('the body is not JSON');
  }
};

const repeatsIn = (value: object, members: number, nestedMembers: number): boolean => {
  const nested = Object.values(value).reduce<number>(
    (sum, member) => sum + (isPlain(member) ? Object.keys(member).length : 0),
    0,
  );
  return Object.keys(value).length !== members || nested !== nestedMembers;
};

const isPlain = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const hasHalfPair = (text: string): boolean => {
  if (!text.includes('\\u')) return false;
  for (const [, half] of text.matchAll(SURROGATES)) if (half) return true;
  return false;
};
