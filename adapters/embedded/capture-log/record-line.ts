import { isUtf8 } from 'node:buffer';
import type { CapturedBody, CaptureRecord } from '../../../core/capture/capture-record';
import type { LineBuffer } from './line-buffer';

/** What stands around a body: tabs, which are blanks in JSON and are nowhere else in a line. */
const around = (text: string): string => `\t${text}\t`;
/** Ends the columns and begins the bodies. */
export const REQUEST = around(',"request":');
export const RESPONSE = around(',"response":');
/** Ends the bodies. */
export const END = '\t}';

const quoted = (text: string | null): string => (text === null ? 'null' : JSON.stringify(text));

const names = new Map<string, string>();
const MOST_NAMES = 1_000;

/** Names come again and again. */
const quotedName = (name: string | null): string => {
  if (name === null) return 'null';
  const known = names.get(name);
  if (known !== undefined) return known;
  if (names.size >= MOST_NAMES) names.clear();
  const made = JSON.stringify(name);
  names.set(name, made);
  return made;
};

/** JSON has no NaN. */
const finite = (value: number | null): number | null =>
  value !== null && Number.isFinite(value) ? value : null;

/** One column as it stands in a line. Readers look for exactly this text. */
export const member = (name: string, value: string | number | null): string =>
  `,"${name}":${typeof value === 'string' ? quoted(value) : finite(value)},`;

const OPEN = '{'.charCodeAt(0);
const CLOSE = '}'.charCodeAt(0);
const APART = [9, 10, 13];
const indexOf = Buffer.prototype.indexOf;

const isLine = (bytes: Uint8Array): boolean =>
  bytes[0] === OPEN &&
  bytes[bytes.length - 1] === CLOSE &&
  APART.every((byte) => indexOf.call(bytes, byte) < 0) &&
  isUtf8(bytes);

const isLineText = (text: string): boolean =>
  text.startsWith('{') && text.endsWith('}') && !/[\t\n\r]/.test(text);

const asText = (bytes: Uint8Array): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();

/** A body that cannot be copied byte by byte becomes a JSON string of its text. */
const bodyValue = (body: CapturedBody | null): Uint8Array | string => {
  if (body === null) return 'null';
  if ('text' in body) return quoted(body.text);
  const { json } = body;
  if (typeof json === 'string')
    return isLineText(json) && json.isWellFormed() ? json : quoted(json);
  return isLine(json) ? json : quoted(asText(json));
};

let lastMs = Number.NaN;
let lastTime = '';

/** Records of one millisecond share their time's text. */
const timeText = (ms: number): string => {
  if (ms !== lastMs) {
    const time = new Date(ms).toISOString();
    lastMs = ms;
    lastTime = `","request_time":"${time}","request_date":"${time.slice(0, 10)}","service":`;
  }
  return lastTime;
};

/**
 * Adds a record's line (docs: capture log) to the buffer; `time` are the milliseconds of its id. When
 * it throws for want of memory, nothing was added.
 */
export const addLine = (line: LineBuffer, record: CaptureRecord, time: number): void => {
  const before = line.size;
  try {
    const afterRequest = addBody(line, columnsOf(record, time), record.request);
    const afterResponse = addBody(line, `${afterRequest}${RESPONSE}`, record.response);
    line.addText(`${afterResponse}${END}\n`);
  } catch (error) {
    line.cutTo(before);
    throw error;
  }
};

/** The columns before the bodies: written out, not listed, because every prediction pays for it. */
const columnsOf = (record: CaptureRecord, time: number): string => {
  const { model_version, row_count, status_code, sampling_fraction } = record;
  return `{"request_id":"${record.request_id}${timeText(time)}${quotedName(record.service)}\
,"client_request_id":${quoted(record.client_request_id)}\
,"service_version":${quotedName(record.service_version)},"model_name":${quotedName(record.model_name)}\
,"model_version":${finite(model_version)},"requester":${quotedName(record.requester)}\
,"client_ip":${quoted(record.client_ip)},"role":"${record.role}"\
,"primary_request_id":${quoted(record.primary_request_id)}\
,"split_key_hash":${quoted(record.split_key_hash)},"status_code":${finite(status_code)}\
,"error_type":${quotedName(record.error_type)}\
,"execution_duration_ms":${finite(record.execution_duration_ms)}\
,"model_duration_ms":${finite(record.model_duration_ms)}\
,"sampling_fraction":${finite(sampling_fraction)},"request_format":${quotedName(record.request_format)}\
,"row_count":${finite(row_count)},"request_bytes":${finite(record.request_bytes)}\
,"response_bytes":${finite(record.response_bytes)},"spill_uri":null${REQUEST}`;
};

/** Adds the text before a body and the body; what is text is left to be added with what follows. */
const addBody = (line: LineBuffer, before: string, body: CapturedBody | null): string => {
  const value = bodyValue(body);
  if (typeof value === 'string') return before + value;
  line.addText(before);
  line.addBytes(value);
  return '';
};
