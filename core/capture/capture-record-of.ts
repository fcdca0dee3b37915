import { applyPolicy, type SplitTable, splitText } from './apply-policy';
import type { CapturePolicy } from './capture-policy';
import type { CapturedBody, CaptureRecord } from './capture-record';

interface Needs {
  /** HMAC-SHA-256 of a text under the installation's key, in hex. */
  readonly hash: (text: string) => string;
}

/** A body that came in. */
export interface ReceivedBody {
  readonly bytes: Uint8Array;
  /** What was read from it; null when it could not be parsed into a table. */
  readonly read: {
    /** It is one `dataframe_split` without repeated members: it can be stored as it came. */
    readonly asReceived: boolean;
    readonly split: () => SplitTable;
  } | null;
}

/** What is known of a request once it is answered; the columns that a policy decides are not in it. */
export interface FinishedRequest
  extends Omit<CaptureRecord, 'request' | 'response' | 'sampling_fraction' | 'request_bytes'> {
  readonly received: ReceivedBody;
  /** The answer's JSON text. */
  readonly answer: Uint8Array | string;
}

const MOST_REFUSED_BYTES = 65_536;

/**
 * The record to store of a finished request, its policy applied. An answered body reads as one
 * `dataframe_split`; a refused one is text as it was received, its first 64 KiB.
 */
export const captureRecordOf =
  ({ hash }: Needs) =>
  (policy: CapturePolicy, { received, answer, ...known }: FinishedRequest): CaptureRecord => ({
    ...known,
    client_ip: policy.client_ip ? known.client_ip : null,
    sampling_fraction: known.status_code === 200 ? policy.sample : 1,
    request: storedRequest(policy, received, known.status_code === 200, hash),
    response: { json: answer },
    request_bytes: received.bytes.length,
  });

const storedRequest = (
  { columns: rules }: CapturePolicy,
  { bytes, read }: ReceivedBody,
  answered: boolean,
  hash: Needs['hash'],
): CapturedBody | null => {
  if (hasMembers(rules)) return read && { json: applyPolicy({ ...read.split(), rules, hash }) };
  if (!answered || !read) return { text: firstText(bytes) };
  return { json: read.asReceived ? withoutMark(bytes) : splitText(read.split()) };
};

const hasMembers = (record: object): boolean => {
  for (const _ in record) return true;
  return false;
};

/** A byte order mark is no JSON. */
const withoutMark = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? bytes.subarray(3) : bytes;

/** No character is cut in two; what is no UTF-8 reads as U+FFFD. */
const firstText = (bytes: Uint8Array): string => {
  let end = Math.min(bytes.length, MOST_REFUSED_BYTES);
  for (let back = 0; back < 3 && ((bytes[end] ?? 0) & 0xc0) === 0x80; back += 1) end -= 1;
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end));
};
