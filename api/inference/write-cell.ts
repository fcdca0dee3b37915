import type { CellArray, Cells } from '../../core/inference/table';
import type { InputColumn, Storage } from '../../core/models/signature';
import { millisecondsOf } from './date-time';

interface CellFault {
  readonly code: 'missing' | 'type' | 'out-of-range';
  readonly message: string;
}

const MISSING: CellFault = { code: 'missing', message: 'a value is required' };
const OUT_OF_RANGE: CellFault = { code: 'out-of-range', message: 'too large for the type' };
const wrong = (expected: string): CellFault => ({ code: 'type', message: `expected ${expected}` });
const NOT_A_NUMBER = wrong('a number');
const NOT_WHOLE = wrong('a whole number');
const NOT_TEXT = wrong('a string');
const HAS_NUL = wrong('a string without NUL');
const NOT_A_TRUTH = wrong('true or false');
const NOT_A_TIME = wrong('an RFC 3339 date and time');

/** Checks one cell and stores it at `row`; answers what is wrong with it, or null. */
export const writeCell = (
  { values, offset, stride }: Cells,
  row: number,
  value: unknown,
  { type, required }: InputColumn,
  storage: Storage,
): CellFault | null => {
  const at = offset + row * stride;
  switch (type) {
    case 'double':
    case 'float':
      return writeNumber(values, at, value, type === 'float' || storage === 'float32');
    case 'integer':
      return writeWhole(values, at, value, -(2 ** 31), 2 ** 31 - 1);
    case 'long':
      return writeWhole(values, at, value, Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
    case 'string':
      if ((value === null || value === undefined) && !required) return store(values, at, '');
      if (value === null || value === undefined) return MISSING;
      if (typeof value !== 'string') return NOT_TEXT;
      // ONNX Runtime takes a text up to its first NUL: the model would see another one.
      return value.includes('\0') ? HAS_NUL : store(values, at, value);
    case 'boolean':
      if (value === null || value === undefined) return MISSING;
      return typeof value === 'boolean' ? store(values, at, value ? 1 : 0) : NOT_A_TRUTH;
    case 'datetime': {
      if (value === null || value === undefined) return MISSING;
      const milliseconds = typeof value === 'string' ? millisecondsOf(value) : null;
      return milliseconds === null ? NOT_A_TIME : store(values, at, milliseconds);
    }
  }
};

const writeNumber = (values: CellArray, at: number, value: unknown, float: boolean) => {
  if (value === null) return store(values, at, Number.NaN);
  if (value === undefined) return MISSING;
  if (typeof value !== 'number') return NOT_A_NUMBER;
  // JSON has no infinity: it can only come from a number that is too large.
  if (!Number.isFinite(float ? Math.fround(value) : value)) return OUT_OF_RANGE;
  return store(values, at, value);
};

const writeWhole = (values: CellArray, at: number, value: unknown, min: number, max: number) => {
  if (value === null || value === undefined) return MISSING;
  if (typeof value !== 'number') return NOT_WHOLE;
  if (value < min || value > max) return OUT_OF_RANGE;
  return Number.isInteger(value) ? store(values, at, value) : NOT_WHOLE;
};

const store = (values: CellArray, at: number, value: number | string): null => {
  if (values instanceof BigInt64Array) values[at] = BigInt(value);
  else if (Array.isArray(values)) values[at] = String(value);
  else values[at] = Number(value);
  return null;
};
