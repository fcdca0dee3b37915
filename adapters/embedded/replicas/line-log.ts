import type { Readable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import type { LogLine } from '../../../core/services/log-store';
import type { Log } from './runner';

const LONGEST_LINE = 8_192;

/** Logs what a stream says line by line. The rest of a line beyond 8,192 characters is dropped. */
export const logLines = (stream: Readable, log: Log): void => {
  let line = '';
  let isCut = false;

  const flush = (): void => {
    const text = readable(line);
    if (text) log(levelOf(text), isCut ? `${text}…` : text);
    line = '';
    isCut = false;
  };
  const add = (text: string): void => {
    const room = LONGEST_LINE - line.length;
    line += text.slice(0, room);
    isCut ||= text.length > room;
  };

  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    const [first = '', ...others] = chunk.split('\n');
    add(first);
    for (const next of others) {
      flush();
      add(next);
    }
  });
  stream.on('end', flush);
  // The end of the process is told elsewhere; a broken pipe adds nothing.
  stream.on('error', flush);
};

const readable = (line: string): string =>
  stripVTControlCharacters(line)
    .replaceAll(/(?!\t)\p{Cc}/gu, '')
    .trimEnd();

/** Python and most servers write everything to stderr: only the words tell how bad it is. */
const levelOf = (line: string): LogLine['level'] => {
  if (/\b(error|critical|fatal|exception|traceback)\b/i.test(line) || /^\w+Error:/.test(line)) {
    return 'error';
  }
  return /\bwarn(ing)?\b/i.test(line) ? 'warning' : 'info';
};
