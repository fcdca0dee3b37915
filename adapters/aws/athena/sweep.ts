import type { S3Client } from '@aws-sdk/client-s3';
import { rewrittenKey } from '../../../core/tables/arrival-key';
import type { Chore } from './chore';
import { readFound } from './found-lines';
import { removeKeys, removeUnder } from './remove-objects';
import { rewriteObject } from './rewrite-object';
import type { StatementResult } from './statement';

interface Needs {
  readonly s3: S3Client;
  /** Where what has arrived lies. */
  readonly capturedBucket: string;
  /** What stands before its keys; empty, or it ends in a slash. */
  readonly capturedPrefix: string;
  /** Where results of statements lie, under `builds/` and `queries/`. */
  readonly resultsBucket: string;
}

/** Lines of a query's result that one part of a chore deals with, at least; an object's are not parted. */
const PART_LINES = 20_000;
/** Objects that it writes anew. */
const PART_OBJECTS = 200;

/** Changes objects in S3, which Athena cannot: part by part, each of them again without harm. */
export const sweep = ({ s3, capturedBucket, capturedPrefix, resultsBucket }: Needs) => {
  const rewrite = async (query: string, after: number): Promise<StatementResult> => {
    const bucket = `s3://${capturedBucket}/`;
    const whole: string[] = [];
    let [line, rewritten] = [0, 0];
    const answer = async (next: number | null): Promise<StatementResult> => {
      await removeKeys(s3, capturedBucket, whole);
      return { rows: [[next === null ? null : String(next)]], written: rewritten };
    };
    const from = { s3, bucket: resultsBucket, key: `builds/${query}.csv` };
    for await (const { path, lines, until } of readFound(from)) {
      if (until <= after) continue;
      line = until;
      // What lies elsewhere is nobody's who erases here.
      if (!path.startsWith(`${bucket}${capturedPrefix}`)) continue;
      const key = path.slice(bucket.length);
      const newKey = rewrittenKey(key, capturedPrefix);
      const place = { s3, bucket: capturedBucket, key, newKey };
      if (lines.size === 0) whole.push(key);
      else if (await rewriteObject(place, lines)) rewritten += 1;
      if (line - after >= PART_LINES || rewritten >= PART_OBJECTS) return answer(line);
    }
    return answer(null);
  };

  return async (chore: Chore): Promise<StatementResult> => {
    switch (chore.kind) {
      case 'rewrite':
        return rewrite(chore.query, chore.after);
      case 'empty': {
        const { service } = chore;
        const prefixes = ['requests', 'labels', 'spill', 'requests-errors'].map(
          (folder) => `${capturedPrefix}${folder}/service=${service}/`,
        );
        return removeUnder({ s3, bucket: capturedBucket }, prefixes);
      }
      case 'forget-results': {
        const { before } = chore;
        const results = { s3, bucket: resultsBucket };
        const asked = await removeUnder(results, ['queries/']);
        if (asked.rows[0]?.[0]) return asked;
        const built = await removeUnder(results, ['builds/'], new Date(before));
        return { ...built, written: (asked.written ?? 0) + (built.written ?? 0) };
      }
    }
  };
};
