import { type FileHandle, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { CapturedRequest, CapturedRequests } from '../../../core/capture/captured-requests';
import { firstIdOf, millisecondsIn, requestTimeOf } from '../../../core/capture/request-time';
import { ifThere } from '../if-there';
import { lineMatcher } from './line-matcher';
import { type FoundLine, newestLines } from './newest-lines';
import { readLine } from './read-line';
import { scanLines } from './scan-lines';
import { rangesOf, type SegmentRange, segmentsAmong } from './segments';

interface Needs {
  /** The folder of a `captureLog`, of this process or another. */
  readonly folder: string;
  /** A page ends where it is once this much was looked through; 256 MiB by default. */
  readonly scanBytes?: number;
  /** A page ends before its lines take more than this; 16 MiB by default. */
  readonly pageBytes?: number;
}

/** Finds requests in a capture log by reading the segments that can hold them, and no others. */
export const captureLogReader = (needs: Needs): CapturedRequests => {
  const { folder, scanBytes = 256 << 20, pageBytes = 16 << 20 } = needs;

  const rangesWith = async (from: number, to: number): Promise<SegmentRange[]> =>
    rangesOf(segmentsAmong((await ifThere(readdir(folder))) ?? []))
      .filter(({ first, last }) => last >= from && first < to)
      .sort((a, b) => b.last - a.last);

  /** Adds a segment's wanted lines to what was found; answers how many bytes were read. */
  const scan = async (file: string, isWanted: Matcher, found: Found): Promise<number> => {
    const handle = await openSegment(join(folder, file));
    if (!handle) return 0;
    try {
      return await scanLines(handle, (bytes, start, end, place) => {
        const id = isWanted(bytes, start, end);
        return id !== undefined && found({ id, file, ...place });
      });
    } finally {
      await handle.close();
    }
  };

  /** The records at these places; one that was deleted meanwhile is left out. */
  const read = async (lines: readonly FoundLine[]): Promise<CapturedRequest[]> => {
    const handles = new Map<string, FileHandle | undefined>();
    const requests: CapturedRequest[] = [];
    try {
      for (const { file, offset, length } of lines) {
        if (!handles.has(file)) handles.set(file, await openSegment(join(folder, file)));
        const line = Buffer.allocUnsafe(length);
        await handles.get(file)?.read(line, 0, length, offset);
        const request = handles.get(file) && readLine(line);
        if (request) requests.push(request);
      }
      return requests;
    } finally {
      for (const handle of handles.values()) await handle?.close();
    }
  };

  return {
    async get(service, requestId) {
      const time = requestTimeOf(requestId);
      if (Number.isNaN(time)) return undefined;
      const isWanted = lineMatcher({ service, from: requestId, to: `${requestId}~` });
      for (const { file } of await rangesWith(time, time + 1)) {
        const found: FoundLine[] = [];
        await scan(file, isWanted, (line) => found.push(line) > 0);
        const [request] = await read(found);
        if (request) return request;
      }
      return undefined;
    },

    async find({ limit, cursor, from, to, ...columns }) {
      const before = cursor !== undefined && cursor < firstIdOf(to) ? cursor : firstIdOf(to);
      const isWanted = lineMatcher({ ...columns, from: firstIdOf(from), to: before });
      // One more than wanted, to know whether there is a next page.
      const found = newestLines(limit + 1);
      let scanned = 0;
      /** Every request from this id on has been seen. */
      let seen = firstIdOf(0);
      for (const { file, last } of await rangesWith(from, millisecondsIn(before) + 1)) {
        seen = firstIdOf(last + 1);
        if (found.downTo(seen).length > limit) break;
        if (scanned >= scanBytes && seen < before) break;
        scanned += await scan(file, isWanted, found.add);
        seen = firstIdOf(0);
      }
      const lines = found.downTo(seen);
      const page = fitting(lines.slice(0, limit), pageBytes);
      const last = page.at(-1)?.id ?? null;
      const rest = seen === firstIdOf(0) ? null : seen;
      return { items: await read(page), next_cursor: lines.length > page.length ? last : rest };
    },
  };
};

type Matcher = ReturnType<typeof lineMatcher>;
type Found = (line: FoundLine) => boolean;

/** At least one line, and as many more as the bytes allow. */
const fitting = (lines: readonly FoundLine[], most: number): readonly FoundLine[] => {
  let bytes = 0;
  const end = lines.findIndex(({ length }, index) => {
    bytes += length;
    return index > 0 && bytes > most;
  });
  return end < 0 ? lines : lines.slice(0, end);
};

/** Undefined for a segment that was deleted meanwhile. */
const openSegment = (path: string): Promise<FileHandle | undefined> => ifThere(open(path, 'r'));
