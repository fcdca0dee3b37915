import { DomainError } from '../shared/domain-error';
import type { ExpectedAnswers } from './model-version';

/**
 * Bytes of JSON that an example's rows may have, and the answers to them as much again. A version is
 * one item of a table that takes 400 KB, with its signature and all else that is known of it.
 */
export const MAX_KEPT_BYTES = 100_000;

const bytesOf = (value: unknown): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** How many of the first rows can be kept. */
export const rowsThatFit = (rows: readonly unknown[]): number => {
  let bytes = '[]'.length;
  const tooMuch = rows.findIndex((row) => {
    bytes += bytesOf(row) + 1;
    return bytes > MAX_KEPT_BYTES;
  });
  return tooMuch < 0 ? rows.length : tooMuch;
};

/** @throws `bad-request` an example, or given answers, that no record of a version can hold */
export const assertKeepable = (expected: ExpectedAnswers | null): void => {
  if (!expected) return;
  const { input, predictions, probabilities } = expected;
  const bytes = bytesOf(input.data) + bytesOf(predictions) + bytesOf(probabilities);
  if (bytes <= 2 * MAX_KEPT_BYTES) return;
  const what = predictions ? 'the expected answers and their rows have' : 'the example has';
  const few = `${what} ${bytes} bytes, and ${2 * MAX_KEPT_BYTES} can be kept: give fewer or shorter rows`;
  const wayOut = predictions ? `${few}, as expected.input beside their answers` : few;
  throw new DomainError('bad-request', wayOut);
};
