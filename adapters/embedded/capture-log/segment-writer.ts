import {
  closeSync,
  fdatasync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { LATE_MS, SPAN_MS, segmentFile } from './segments';

interface Needs {
  readonly folder: string;
  readonly segmentBytes: number;
  /** The highest sequence number in the folder. */
  readonly sequence: number;
}

interface Current {
  readonly time: number;
  path: string;
  /** Opened by the first write: a service without traffic has no files. */
  fd: number | undefined;
  size: number;
}

interface Written {
  readonly bytes: number;
  readonly error?: unknown;
}

const NEWLINE = 10;
const DAY_MS = 86_400_000;
const dayOf = (ms: number): number => Math.floor(ms / DAY_MS);
/** Waiting for space is enough; everything else is tried again in another file. */
const isFull = (error: unknown): boolean => ['ENOSPC', 'EDQUOT'].includes(codeOf(error));
const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';
const fsyncOf = promisify(fsync);
const fdatasyncOf = promisify(fdatasync);

/** Appends to a log of segments, each named by the requests it can hold (docs: capture log). */
export const segmentWriter = ({ folder, segmentBytes, sequence: last }: Needs) => {
  let sequence = last;
  let current: Current | undefined;
  let newest = Number.NEGATIVE_INFINITY;
  let retired: number[] = [];
  let folderChanged = false;

  const open = (segment: Current, attempts = 3): number => {
    segment.path = join(folder, segmentFile(segment.time, sequence));
    try {
      const fd = openSync(segment.path, 'wx', 0o600);
      folderChanged = true;
      return fd;
    } catch (error) {
      if (attempts === 0) throw error;
      if (codeOf(error) === 'ENOENT') mkdirSync(folder, { recursive: true, mode: 0o700 });
      else if (codeOf(error) === 'EEXIST') sequence += 2;
      else throw error;
      return open(segment, attempts - 1);
    }
  };

  const retire = (): void => {
    const { fd, size = 0, path = '' } = current ?? {};
    current = undefined;
    if (fd === undefined) return;
    if (size > 0) retired.push(fd);
    else {
      closeSync(fd);
      rmSync(path, { force: true });
    }
  };

  /** Takes half a line back; where even that fails, its segment ends with half a line. */
  const cutTo = (fd: number, size: number, error: unknown): void => {
    try {
      ftruncateSync(fd, size);
      if (!isFull(error)) retire();
    } catch {
      retire();
    }
  };

  return {
    /** Whether a record of this time may follow `pending` bytes into the segment at hand. */
    fits(time: number, pending: number): boolean {
      if (!current || current.size + pending >= segmentBytes) return false;
      const { time: begun } = current;
      if (time < begun - LATE_MS || time >= begun + SPAN_MS) return false;
      return dayOf(time) <= dayOf(begun);
    },

    /** Begins the next segment with a record of this time. */
    begin(time: number): void {
      retire();
      // A gap in the sequence says: this segment's time says nothing about the one before.
      const follows = time >= newest - LATE_MS && newest > 0;
      sequence += follows ? 1 : 2;
      const begun = follows ? Math.max(time, newest) : time;
      newest = begun;
      current = { time: begun, path: '', fd: undefined, size: 0 };
    },

    /**
     * Writes lines whose latest request began at `latest`. Answers how many bytes of whole lines are
     * there; when that is not all of them, `error` says why. A line that is there stays there.
     */
    write(lines: Uint8Array, latest: number): Written {
      const segment = current;
      if (!segment) return { bytes: 0, error: new Error('no segment was begun') };
      let done = 0;
      try {
        segment.fd ??= open(segment);
        while (done < lines.length) {
          done += writeSync(segment.fd, lines, done, lines.length - done, segment.size + done);
        }
        segment.size += done;
        newest = Math.max(newest, latest);
        return { bytes: done };
      } catch (error) {
        const bytes = lines.subarray(0, done).lastIndexOf(NEWLINE) + 1;
        segment.size += bytes;
        if (bytes > 0) newest = Math.max(newest, latest);
        if (segment.fd !== undefined) cutTo(segment.fd, segment.size, error);
        return { bytes, error };
      }
    },

    /** Whether somebody deleted a file that is written to; the next record goes to a new one. */
    vanished(): boolean {
      const open = current?.fd === undefined ? retired : [...retired, current.fd];
      if (open.every((fd) => fstatSync(fd).nlink > 0)) return false;
      retire();
      return true;
    },

    retire,

    /** Makes durable what is written. One call at a time. */
    async sync(): Promise<void> {
      const closing = retired;
      retired = [];
      const open = current?.fd !== undefined && current.size > 0 ? [current.fd] : [];
      const files = await Promise.allSettled([...closing, ...open].map((fd) => fdatasyncOf(fd)));
      for (const fd of closing) closeSync(fd);
      try {
        const failed = files.find(({ status }) => status === 'rejected');
        if (failed?.status === 'rejected') throw failed.reason;
        if (folderChanged) await syncFolder(folder);
        folderChanged = false;
      } catch (error) {
        // What the system could not write it may forget: go on in another file.
        retire();
        throw error;
      }
    },
  };
};

const syncFolder = async (folder: string): Promise<void> => {
  const fd = openSync(folder, 'r');
  try {
    await fsyncOf(fd);
  } finally {
    closeSync(fd);
  }
};
