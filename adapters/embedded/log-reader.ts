import { type FileHandle, open } from 'node:fs/promises';
import type { LogLine, LogPage, LogQuery } from '../../core/services/log-store';
import { DomainError } from '../../core/shared/domain-error';
import { ifThere } from './if-there';
import { logFile, logSequences } from './log-files';

interface Position {
  readonly sequence: number;
  readonly offset: number;
}

interface Lines {
  readonly bytes: Buffer;
  /** Where the bytes begin in the file. */
  readonly offset: number;
}

// Small enough that reading back much does not hold up predictions between two chunks.
const CHUNK = 64 * 1024;
const LINE_FEED = 0x0a;

/**
 * Reads lines back, chunk by chunk from the cursor or the oldest file on.
 * @throws `bad-request` when the cursor is none
 */
export const findLines = async (folder: string, query: LogQuery): Promise<LogPage> => {
  const matches = matcherOf(query);
  const start = positionOf(query.cursor);
  const items: LogLine[] = [];
  let reached: Position = start ?? { sequence: 1, offset: 0 };
  const page = () => ({ items, next_cursor: `${reached.sequence}-${reached.offset}` });
  for (const sequence of await logSequences(folder)) {
    if (start && sequence < start.sequence) continue;
    const file = await ifThere(open(logFile(folder, sequence), 'r'));
    if (!file) continue;
    try {
      const { size, mtimeMs } = await file.stat();
      const given = sequence === start?.sequence ? start.offset : 0;
      // A cursor beyond the end is of an earlier log of the same name.
      reached = { sequence, offset: given > size ? 0 : given };
      if (mtimeMs < query.from) reached = { sequence, offset: size };
      for await (const { bytes, offset } of wholeLines(file, reached.offset)) {
        for (let from = 0; from < bytes.length; ) {
          const end = bytes.indexOf(LINE_FEED, from);
          const line = lineOf(bytes.toString('utf8', from, end));
          from = end + 1;
          reached = { sequence, offset: offset + from };
          if (line && matches(line)) items.push(line);
          if (items.length === query.limit) return page();
        }
      }
    } finally {
      await file.close();
    }
  }
  return page();
};

const positionOf = (cursor: string | undefined): Position | undefined => {
  if (cursor === undefined) return;
  const [, sequence, offset] = /^(\d{1,8})-(\d{1,12})$/.exec(cursor) ?? [];
  if (sequence !== undefined) return { sequence: Number(sequence), offset: Number(offset) };
  throw new DomainError('bad-request', 'cursor: give the next_cursor of an answer');
};

const matcherOf = ({ version, instance, from, to, q }: LogQuery) => {
  const wanted = q?.toLowerCase();
  return (line: LogLine): boolean => {
    if (version !== undefined && line.version !== version) return false;
    if (instance !== undefined && line.instance !== instance) return false;
    const time = Date.parse(line.time);
    if (!(time >= from && time < to)) return false;
    return wanted === undefined || line.message.toLowerCase().includes(wanted);
  };
};

const lineOf = (text: string): LogLine | undefined => {
  try {
    const line: unknown = JSON.parse(text);
    return isLine(line) ? line : undefined;
  } catch {
    return undefined;
  }
};

const isLine = (line: unknown): line is LogLine =>
  typeof line === 'object' && line !== null && 'message' in line && 'time' in line;

/** What is there of whole lines, from an offset on. */
async function* wholeLines(file: FileHandle, start: number): AsyncGenerator<Lines> {
  let offset = start;
  let rest = Buffer.alloc(0);
  for (;;) {
    const position = offset + rest.length;
    const { bytesRead, buffer } = await file.read({ buffer: Buffer.alloc(CHUNK), position });
    if (bytesRead === 0) return;
    const bytes = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
    const end = bytes.lastIndexOf(LINE_FEED) + 1;
    if (end > 0) yield { bytes: bytes.subarray(0, end), offset };
    offset += end;
    rest = bytes.subarray(end);
  }
}
