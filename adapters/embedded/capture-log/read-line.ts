import type { CapturedRequest } from '../../../core/capture/captured-requests';
import { END, REQUEST, RESPONSE } from './record-line';

/** Reads a line back, its bodies as the text that was stored; undefined when it is no such line. */
export const readLine = (line: Buffer): CapturedRequest | undefined => {
  try {
    const columnsEnd = line.indexOf(REQUEST);
    const columns = JSON.parse(`${line.toString('utf8', 0, columnsEnd)}}`);
    const { request_date: _date, spill_uri: _uri, ...known } = columns;
    const requestAt = columnsEnd + REQUEST.length;
    const requestEnd = line.indexOf(RESPONSE, requestAt);
    const request = bodyText(line, requestAt, requestEnd);
    const response = bodyText(line, requestEnd + RESPONSE.length, line.length - END.length);
    return { ...known, request, response };
  } catch {
    return undefined;
  }
};

const bodyText = (line: Buffer, start: number, end: number): string | null => {
  const text = line.toString('utf8', start, end);
  return text.startsWith('{') ? text : JSON.parse(text);
};
