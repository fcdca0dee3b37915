import type { Readable } from 'node:stream';
import { GetObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import { linesOf } from './byte-lines';

/** Lines of one object that are to go. */
export interface FoundLines {
  /** `s3://bucket/key` */
  readonly path: string;
  /** Requests' ids, or labels' positions; none for an object that goes whole. */
  readonly lines: ReadonlySet<string>;
  /** Where in the result its last line stands, from 1. */
  readonly until: number;
}

interface Result {
  readonly s3: S3Client;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Reads a query's result, as Athena has put it into S3 (every value between double quotes): two columns,
 * an object's path and a line of it, in the order of the paths. One object's lines are in memory at a time.
 */
export async function* readFound({ s3, bucket, key }: Result): AsyncGenerator<FoundLines> {
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  let path: string | null = null;
  let lines = new Set<string>();
  let [at, until] = [0, 0];
  // In Node it is always a stream.
  for await (const bytes of linesOf(Body as Readable)) {
    at += 1;
    const [next, line] = cellsOf(bytes.toString());
    // The first line holds the columns' names.
    if (at === 1 || next === undefined) continue;
    if (path !== null && next !== path) {
      yield { path, lines, until };
      lines = new Set();
    }
    path = next;
    until = at;
    if (line !== undefined) lines.add(line);
  }
  if (path !== null) yield { path, lines, until };
}

const CELL = /(?:"((?:[^"]|"")*)"|([^,"]*))(?:,|$)/y;

const cellsOf = (text: string): readonly [string | undefined, string | undefined] => {
  CELL.lastIndex = 0;
  const cells = [0, 1].map(() => {
    const [, quoted, plain = ''] = CELL.exec(text) ?? [];
    // A missing value stands there as nothing at all.
    return quoted === undefined ? plain || undefined : quoted.replaceAll('""', '"');
  });
  return [cells[0], cells[1]];
};
