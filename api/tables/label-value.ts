import type { OutcomeType } from '../../core/tables/outcomes';
import type { ScalarType, TableType } from '../../core/tables/table-column';

const INT = 2 ** 31;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?$/;

const fitsScalar = (value: unknown, type: ScalarType): boolean => {
  switch (type) {
    case 'double':
      return Number.isFinite(value);
    case 'int':
      return Number.isInteger(value) && Number(value) >= -INT && Number(value) < INT;
    case 'bigint':
      return Number.isSafeInteger(value);
    case 'boolean':
      return typeof value === 'boolean';
    default:
      // Half of a surrogate pair is no text to a table.
      return typeof value === 'string' && value.isWellFormed();
  }
};

/** Whether a JSON value can stand in a label's column. */
export const fitsLabel = (value: unknown, type: TableType): boolean => {
  const element = /^array<(.*)>$/.exec(type)?.[1] as ScalarType | undefined;
  if (element === undefined) return fitsScalar(value, type as ScalarType);
  return Array.isArray(value) && value.every((part) => fitsScalar(part, element));
};

/** What an outcome with a name can be, narrowest first. */
export const OUTCOME_TYPES: readonly OutcomeType[] = ['boolean', 'double', 'string'];

/** The type of an outcome's first value; undefined for what none can be. */
export const outcomeTypeOf = (value: unknown): OutcomeType | undefined =>
  OUTCOME_TYPES.find((type) => fitsScalar(value, type));

/** A cell of a CSV as the value it stands for: a number, a truth or a text, as the label's columns go. */
export const labelOfText = (text: string, types: readonly TableType[]): unknown => {
  if (types.some((type) => type.startsWith('array<')) && text.startsWith('[')) return parsed(text);
  const number = NUMBER.test(text) ? Number(text) : Number.NaN;
  if (types.some((type) => fitsLabel(number, type))) return number;
  if (types.includes('boolean') && /^(true|false)$/i.test(text)) {
    return text.toLowerCase() === 'true';
  }
  return text;
};

const parsed = (text: string): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
};
