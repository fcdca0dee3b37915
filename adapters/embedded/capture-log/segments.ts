/**
 * How long before its segment's own time a request may have begun, and how long after it. A segment's
 * name says which requests it can hold (docs: capture log).
 */
export const LATE_MS = 300_000;
export const SPAN_MS = 3_600_000;

export interface Segment {
  readonly file: string;
  /** Milliseconds since the epoch: the time in the name. */
  readonly time: number;
  readonly sequence: number;
}

const NAME = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z-(\d{8,15})\.ndjson$/;

/** `20261121T100700123Z-00000042.ndjson` */
export const segmentFile = (time: number, sequence: number): string => {
  const compact = new Date(time).toISOString().replaceAll(/[-:.]/g, '');
  return `${compact}-${String(sequence).padStart(8, '0')}.ndjson`;
};

/** The segments among a folder's files, in the order they were begun. */
export const segmentsAmong = (files: readonly string[]): Segment[] =>
  files.flatMap(toSegment).sort((a, b) => a.sequence - b.sequence);

const toSegment = (file: string): Segment[] => {
  const [, year, month, day, hour, minute, second, ms, sequence] = NAME.exec(file) ?? [];
  if (sequence === undefined) return [];
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}.${ms}Z`);
  return Number.isNaN(time) ? [] : [{ file, time, sequence: Number(sequence) }];
};

export interface SegmentRange {
  readonly file: string;
  /** No request in it began before or after these, in milliseconds. */
  readonly first: number;
  readonly last: number;
}

/** What each segment can hold; the next one in sequence began after everything in it. */
export const rangesOf = (segments: readonly Segment[]): SegmentRange[] => {
  const times = new Map(segments.map(({ sequence, time }) => [sequence, time]));
  return segments.map(({ file, time, sequence }) => {
    const next = times.get(sequence + 1) ?? Number.POSITIVE_INFINITY;
    return { file, first: time - LATE_MS, last: Math.min(time + SPAN_MS - 1, next) };
  });
};
