import { appendFile, mkdir, open, rm } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { LogLine } from '../../core/services/log-store';
import { logFile, logSequences } from './log-files';

export interface LogLimits {
  /** Bytes after which a file is followed by the next one. */
  readonly fileBytes: number;
  /** Files kept per service. */
  readonly files: number;
  /** Bytes that wait to be written per service; what comes beyond is dropped and counted. */
  readonly pendingBytes: number;
}

interface Needs {
  readonly folder: string;
  readonly now: () => Date;
  readonly report: (error: unknown) => void;
  readonly limits: LogLimits;
}

export interface LogWriter {
  append(line: LogLine): void;
  /** Resolves when what was appended so far is in the files, or dropped and counted. */
  flushed(): Promise<void>;
  /** Drops what waits; nothing is written afterwards. */
  end(): Promise<void>;
}

interface Place {
  readonly sequence: number;
  readonly size: number;
  /** A crash cut the last line off. */
  readonly torn: boolean;
}

const MAX_MESSAGE = 16_384;
const GATHER_MS = 20;

/** Writes one service's lines: gathered for 20 ms, in order, never more than the limits in memory. */
export const logWriter = ({ folder, now, report, limits }: Needs): LogWriter => {
  let waiting: string[] = [];
  let waitingChars = 0;
  let dropped = 0;
  let place: Place | null = null;
  let writing: Promise<void> | null = null;
  let failing = false;
  let ended = false;

  const rotated = async (last: Place): Promise<Place> => {
    const sequence = last.sequence + 1;
    const old = (await logSequences(folder)).filter((one) => one <= sequence - limits.files);
    for (const one of old) await rm(logFile(folder, one), { force: true });
    return { sequence, size: 0, torn: false };
  };

  const write = async (text: string): Promise<void> => {
    const last = place ?? (await lastPlace(folder));
    const bytes = Buffer.from(last.torn ? `\n${text}` : text);
    const full = last.size > 0 && last.size + bytes.length > limits.fileBytes;
    const next = full ? await rotated(last) : last;
    // What a failed write left behind is looked at anew.
    place = null;
    await appendFile(logFile(folder, next.sequence), bytes, { mode: 0o600 });
    place = { sequence: next.sequence, size: next.size + bytes.length, torn: false };
  };

  const writeBatch = async (): Promise<void> => {
    const lines = waiting;
    const chars = waitingChars;
    const gone = dropped;
    waiting = [];
    dropped = 0;
    try {
      await write(lines.join('') + (gone > 0 ? gapOf(gone, now()) : ''));
      failing = false;
    } catch (error) {
      dropped += gone + lines.length;
      if (!failing) report(error);
      failing = true;
    } finally {
      waitingChars -= chars;
    }
  };

  const drain = async (): Promise<void> => {
    await pause(GATHER_MS);
    while (!ended && (waiting.length > 0 || (dropped > 0 && !failing))) await writeBatch();
  };

  return {
    append(line) {
      if (ended) return;
      if (waitingChars >= limits.pendingBytes) {
        dropped++;
        return;
      }
      const text = textOf(line);
      waiting.push(text);
      waitingChars += text.length;
      writing ??= drain().finally(() => {
        writing = null;
      });
    },

    async flushed() {
      await writing;
    },

    async end() {
      ended = true;
      waiting = [];
      await writing;
    },
  };
};

const textOf = ({ time, level, version, instance, message }: LogLine): string => {
  const text = message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message;
  return `${JSON.stringify({ time, level, version, instance, message: text })}\n`;
};

const gapOf = (count: number, now: Date): string =>
  textOf({
    time: now.toISOString(),
    level: 'warning',
    version: null,
    instance: null,
    message: `${count} lines are missing here: they came faster than they could be written`,
  });

const lastPlace = async (folder: string): Promise<Place> => {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const sequence = (await logSequences(folder)).at(-1);
  if (sequence === undefined) return { sequence: 1, size: 0, torn: false };
  const file = await open(logFile(folder, sequence), 'r');
  try {
    const { size } = await file.stat();
    const { buffer } = await file.read({
      buffer: Buffer.alloc(1),
      position: Math.max(0, size - 1),
    });
    return { sequence, size, torn: size > 0 && buffer[0] !== 0x0a };
  } finally {
    await file.close();
  }
};
