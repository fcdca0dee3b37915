import type { CapturedRequest } from '../../../core/capture/captured-requests';
import { REQUEST, RESPONSE } from './record-line';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPENING = 0x7b;
const CLOSING = 0x7d;

/** Reads a line back, its bodies as the text that was stored; undefined when it is no such line. */
export const readLine = (line: Buffer): CapturedRequest | undefined => {
  try {
    const columnsEnd = line.indexOf(REQUEST);
    const columns = JSON.parse(`${line.toString('utf8', 0, columnsEnd)}}`);
    const { request_date: _date, spill_uri: _uri, ...known } = columns;
    const requestAt = columnsEnd + REQUEST.length;
    const requestEnd = endOfValue(line, requestAt);
    const request = bodyText(line, requestAt, requestEnd);
    const response = bodyText(line, requestEnd + RESPONSE.length, line.length - 1);
    return { ...known, request, response };
  } catch {
    return undefined;
  }
};

const bodyText = (line: Buffer, start: number, end: number): string | null => {
  const text = line.toString('utf8', start, end);
  return text.startsWith('{') ? text : JSON.parse(text);
};

/** Where a body ends that starts here: `null`, a string or an object. */
const endOfValue = (line: Buffer, start: number): number => {
  if (line[start] === QUOTE) return endOfString(line, start) + 1;
  if (line[start] !== OPENING) return start + 'null'.length;
  let depth = 0;
  for (let at = start; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === QUOTE) at = endOfString(line, at);
    else if (byte === OPENING) depth += 1;
    else if (byte === CLOSING) depth -= 1;
    if (depth === 0) return at + 1;
  }
  return line.length;
};

/** Where the closing quote is of the string that is opened here. */
const endOfString = (line: Buffer, start: number): number => {
  for (let at = start + 1; at < line.length; at += 1) {
    const byte = line[at];
    if (byte === BACKSLASH) at += 1;
    else if (byte === QUOTE) return at;
  }
  return line.length;
};
