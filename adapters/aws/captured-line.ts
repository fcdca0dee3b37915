import type { CapturedBody, CaptureRecord } from '../../core/capture/capture-record';
import { requestTimeOf } from '../../core/capture/request-time';

/** A stream's record may have so many bytes; what is larger has its bodies in an object of their own. */
export const MOST_BYTES = 1_000 * 1024;

/** Where a record's bodies lie that are too large for a stream's record. */
export interface Spilled {
  readonly request: string | null;
  readonly response: string | null;
}

const textOf = (body: CapturedBody | null): string | null => {
  if (body === null) return null;
  if ('text' in body) return body.text;
  const { json } = body;
  return typeof json === 'string'
    ? json
    : Buffer.from(json.buffer, json.byteOffset, json.length).toString();
};

/** The bodies of a record as they are stored. */
export const bodiesOf = ({ request, response }: CaptureRecord): Spilled => ({
  request: textOf(request),
  response: textOf(response),
});

/**
 * A record as a line of JSON with the columns of `inference.requests`, bodies as strings; `spillUri`
 * says where they are instead.
 */
export const lineOf = (record: CaptureRecord, spillUri: string | null): Buffer => {
  const time = new Date(requestTimeOf(record.request_id)).toISOString();
  const bodies = spillUri === null ? bodiesOf(record) : { request: null, response: null };
  const { request_id, ...rest } = record;
  const columns = {
    ...{ request_id, request_time: time, request_date: time.slice(0, 10) },
    ...{ ...rest, spill_uri: spillUri, ...bodies },
  };
  return Buffer.from(`${JSON.stringify(columns)}\n`);
};
