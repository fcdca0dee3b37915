import { statfsSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { DomainError } from '../../../core/shared/domain-error';

/** Bytes of a result; and those that a disk keeps free, for what is captured is there, too. */
const MOST_BYTES = 4_000_000_000;
const LEAST_FREE = 500_000_000;
const LOOK_MS = 100;

/**
 * Looks at a file while a result is written into it. The signal is aborted with `invalid-input` when
 * the file grows beyond 4 GB or leaves less than 500 MB of the disk.
 */
export const watchResult = (file: string, mostBytes = MOST_BYTES) => {
  const abort = new AbortController();
  const look = (): void => {
    const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
    const { bavail, bsize } = statfsSync(dirname(file));
    const why =
      size > mostBytes
        ? `the result is larger than ${mostBytes / 1e6} MB`
        : bavail * bsize < LEAST_FREE && "the platform's disk has no room for the result";
    if (!why) return;
    abort.abort(new DomainError('invalid-input', `${why}: ask for fewer days or columns`));
  };
  const timer = setInterval(look, LOOK_MS);
  return { signal: abort.signal, stop: () => clearInterval(timer) };
};
