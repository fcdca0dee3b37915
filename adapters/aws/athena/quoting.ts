import type { ScalarType, TableType } from '../../../core/tables/table-column';

const NAME = /^[a-z0-9_]{1,255}$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A table's or column's name in a statement. @throws RangeError for any that Tidegate does not give */
export const name = (text: string): string => {
  if (!NAME.test(text)) throw new RangeError('no name of a table or column');
  return `"${text}"`;
};

/** A text in a statement. */
export const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Texts in a statement, for `IN`. */
export const among = (texts: readonly string[]): string => `(${texts.map(literal).join(', ')})`;

/** A day (`YYYY-MM-DD`, UTC) in a statement. @throws RangeError */
export const day = (text: string): string => {
  if (!DAY.test(text)) throw new RangeError('no day');
  return `DATE '${text}'`;
};

/** A time (RFC 3339) in a statement, in UTC. @throws RangeError */
export const time = (text: string): string =>
  `TIMESTAMP ${literal(new Date(text).toISOString().slice(0, -1).replace('T', ' '))}`;

/** A statement writes to so many days at most: Athena keeps no more than 100 partitions open. */
export const MOST_DAYS = 90;

/** Days in a statement, for `IN`: literals, so that other days are not read. @throws RangeError */
export const days = (texts: readonly string[]): string => {
  if (texts.length === 0 || texts.length > MOST_DAYS) throw new RangeError('1 to 90 days');
  return `(${texts.map(day).join(', ')})`;
};

const TYPES = {
  boolean: 'boolean',
  int: 'integer',
  bigint: 'bigint',
  double: 'double',
  string: 'varchar',
  timestamp: 'timestamp(6)',
  date: 'date',
} as const satisfies Record<ScalarType, string>;

/** The name of a type in statements that read and write. */
export const trinoType = (type: TableType): string =>
  type.startsWith('array<')
    ? `array(${TYPES[type.slice('array<'.length, -1) as ScalarType]})`
    : TYPES[type as ScalarType];
