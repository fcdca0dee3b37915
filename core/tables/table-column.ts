import type { ColumnType, OutputSignature } from '../models/signature';

/** Types that every engine has under some name; times are in UTC, with milliseconds. */
export type ScalarType = 'boolean' | 'int' | 'bigint' | 'double' | 'string' | 'timestamp' | 'date';

export type TableType = ScalarType | `array<${ScalarType}>`;

export interface TableColumn {
  readonly name: string;
  readonly type: TableType;
}

const OF_FEATURE = {
  double: 'double',
  float: 'double',
  integer: 'int',
  long: 'bigint',
  string: 'string',
  boolean: 'boolean',
  datetime: 'timestamp',
} as const satisfies Record<ColumnType, ScalarType>;

export const featureType = (type: ColumnType): ScalarType => OF_FEATURE[type];

/** Of a prediction and its label. */
export const outputType = ({ type, width }: Pick<OutputSignature, 'type' | 'width'>): TableType =>
  width > 1 ? `array<${OF_FEATURE[type]}>` : OF_FEATURE[type];

const WIDER: Partial<Record<ScalarType, readonly ScalarType[]>> = {
  int: ['bigint', 'double'],
  // Exact to ±2^53, which is as far as JSON's numbers go.
  bigint: ['double'],
};

/** Whether every value of a type can stand in a column of another. */
export const fits = (type: TableType, column: TableType): boolean => {
  if (type === column) return true;
  const [one, other] = [elementOf(type), elementOf(column)];
  if (isArray(type) !== isArray(column)) return false;
  return one === other || (WIDER[one]?.includes(other) ?? false);
};

const isArray = (type: TableType): boolean => type.startsWith('array<');

const elementOf = (type: TableType): ScalarType =>
  (isArray(type) ? type.slice('array<'.length, -1) : type) as ScalarType;
