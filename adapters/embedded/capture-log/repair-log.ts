import {
  closeSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { segmentsAmong } from './segments';

const CHUNK_BYTES = 1 << 20;
const NEWLINE = 10;

/**
 * Cuts off what a crash or a power cut left unfinished at the end of a log and keeps it aside as
 * `<segment>.torn`. Answers the highest sequence number there is, -1 in an empty folder.
 */
export const repairLog = (folder: string): number => {
  const segments = segmentsAmong(readdirSync(folder));
  // Segments before a sound one were made durable before it was begun.
  for (const { file } of segments.toReversed()) {
    if (!repairSegment(join(folder, file))) break;
  }
  return segments.at(-1)?.sequence ?? -1;
};

/** Whether there was something to cut off. */
const repairSegment = (path: string): boolean => {
  const fd = openSync(path, 'r+');
  try {
    const { sound, size } = soundBytes(fd);
    if (sound === size) return false;
    keepAside(fd, sound, size, `${path}.torn`);
    if (sound === 0) unlinkSync(path);
    else ftruncateSync(fd, sound);
    return true;
  } finally {
    closeSync(fd);
  }
};

const keepAside = (fd: number, from: number, to: number, path: string): void => {
  const torn = Buffer.allocUnsafe(to - from);
  readSync(fd, torn, 0, torn.length, from);
  try {
    writeFileSync(path, torn, { mode: 0o600 });
  } catch {
    // A disk too full for it: nobody was answered on half a line, so the log goes on without it.
  }
};

/** How far the file holds whole lines: a power cut may leave half a line, or zeros. */
const soundBytes = (fd: number): { sound: number; size: number } => {
  const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
  let sound = 0;
  let size = 0;
  let zeros = false;
  for (;;) {
    const filled: Buffer = chunk.subarray(0, readSync(fd, chunk, 0, chunk.length, size));
    if (filled.length === 0) return { sound, size };
    const zero: number = zeros ? 0 : filled.indexOf(0);
    const whole = (zero < 0 ? filled : filled.subarray(0, zero)).lastIndexOf(NEWLINE) + 1;
    if (whole > 0) sound = size + whole;
    zeros ||= zero >= 0;
    size += filled.length;
  }
};
