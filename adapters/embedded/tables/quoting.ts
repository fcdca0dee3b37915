import type { ScalarType, TableType } from '../../../core/tables/table-column';

const NAME = /^[a-z0-9_]{1,255}$/;

/** A table's or column's name in a statement. @throws RangeError for any that Tidegate does not give */
export const name = (text: string): string => {
  if (!NAME.test(text)) throw new RangeError('no name of a table or column');
  return `"${text}"`;
};

/** A text in a statement. */
export const literal = (text: string): string => {
  const quoted = (part: string): string => `'${part.replaceAll("'", "''")}'`;
  // A statement ends for DuckDB where it holds a NUL.
  return text.includes('\0')
    ? `(${text.split('\0').map(quoted).join(' || chr(0) || ')})`
    : quoted(text);
};

export const list = (texts: readonly string[]): string => `[${texts.map(literal).join(', ')}]`;

const TYPES = {
  boolean: 'BOOLEAN',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  string: 'VARCHAR',
  timestamp: 'TIMESTAMP',
  date: 'DATE',
} as const satisfies Record<ScalarType, string>;

/** DuckDB's name of a type. */
export const duckType = (type: TableType): string =>
  type.startsWith('array<')
    ? `${TYPES[type.slice('array<'.length, -1) as ScalarType]}[]`
    : TYPES[type as ScalarType];
