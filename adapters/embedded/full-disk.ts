import { DomainError } from '../../core/shared/domain-error';

const SQLITE_FULL = 13;

/** What is thrown for an error: that of a full disk says so, and that it may be tried again. */
export const orFullDisk = (error: unknown): unknown => {
  const { code, errcode = 0 } = error as NodeJS.ErrnoException & { readonly errcode?: number };
  const isFull = code === 'ENOSPC' || code === 'EDQUOT' || (errcode & 0xff) === SQLITE_FULL;
  if (!isFull) return error;
  const message = 'the disk that holds the data is full: free some space and try again';
  return new DomainError('unavailable', message, { retryAfterS: 5, cause: error });
};
