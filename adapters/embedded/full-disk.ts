import { DomainError } from '../../core/shared/domain-error';

const SQLITE_FULL = 13;
/** DuckDB has the system's words and no code. */
const IN_WORDS = /No space left on device|Disk quota exceeded/;

/** What is thrown for an error: that of a full disk says so, and that it may be tried again. */
export const orFullDisk = (error: unknown): unknown => {
  const {
    code,
    errcode = 0,
    message = '',
  } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const isCoded = code === 'ENOSPC' || code === 'EDQUOT' || (errcode & 0xff) === SQLITE_FULL;
  if (!isCoded && !IN_WORDS.test(message)) return error;
  const what = 'the disk that holds the data is full: free some space and try again';
  return new DomainError('unavailable', what, { retryAfterS: 5, cause: error });
};
