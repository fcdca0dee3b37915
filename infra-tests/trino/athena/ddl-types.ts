import { malformed, type Refusal } from './refusal';
import { nameOf, partsOf } from './sql-text';

const SIMPLE: Readonly<Record<string, string>> = {
  ...{ boolean: 'boolean', int: 'integer', bigint: 'bigint', float: 'real', double: 'double' },
  ...{ date: 'date', timestamp: 'timestamp(6)', string: 'varchar', binary: 'varbinary' },
};
/** What Athena's DDL knows, and a table of Iceberg does not. */
const HIVE_ONLY: Readonly<Record<string, string>> = { tinyint: 'tinyint', smallint: 'smallint' };

/** A type of Athena's DDL as Trino writes it. @throws a refusal for one that such a table cannot have */
export const trinoType = (type: string, isIceberg: boolean): string => {
  const text = type.trim().toLowerCase();
  const known = SIMPLE[text] ?? (isIceberg ? undefined : HIVE_ONLY[text]);
  if (known === 'timestamp(6)' && !isIceberg) return 'timestamp(3)';
  if (known) return known;
  if (/^decimal\(\d+, ?\d+\)$/.test(text)) return text;
  const [, outer, inner] = /^(array|map|struct)<(.*)>$/s.exec(text) ?? [];
  if (!outer || !inner) throw noType(text, isIceberg);
  const parts = partsOf(inner);
  if (outer !== 'struct') {
    return `${outer}(${parts.map((part) => trinoType(part, isIceberg)).join(', ')})`;
  }
  const fields = parts.map((part) => {
    const [name = '', ...rest] = part.split(':');
    return `${nameOf(name)} ${trinoType(rest.join(':'), isIceberg)}`;
  });
  return `row(${fields.join(', ')})`;
};

const noType = (text: string, isIceberg: boolean): Refusal =>
  malformed(`${isIceberg ? 'Iceberg' : 'Hive'} tables have no type ${text}`);

/** `name type [COMMENT '…']` for Trino. */
export const trinoColumn = (column: string, isIceberg: boolean): string => {
  const [, name, rest] = /^(`[^`]+`|"[^"]+"|\w+)\s+(.+)$/s.exec(column.trim()) ?? [];
  if (!name || !rest) throw malformed(`mismatched input at column ${column.slice(0, 40)}`);
  const [type = '', comment] = rest.split(/\s+comment\s+/i);
  return `${nameOf(name)} ${trinoType(type, isIceberg)}${comment ? ` COMMENT ${comment}` : ''}`;
};
