import {
  createTable,
  type Properties,
  propertiesIn,
  requireIcebergProperties,
} from './create-table';
import { trinoColumn } from './ddl-types';
import { malformed, Refusal } from './refusal';
import { bare, bracketed, nameOf, partsOf } from './sql-text';

/** A statement for Athena as the statements for Trino that do it. */
export interface Translated {
  readonly type: 'DDL' | 'DML' | 'UTILITY';
  readonly subtype: string;
  readonly texts: readonly string[];
  /** Properties that a later VACUUM reads. */
  readonly properties?: { readonly table: string; readonly values: Properties };
}

interface Place {
  readonly locationOf: (uri: string) => string;
  /** Seconds that VACUUM keeps snapshots of a table. */
  readonly snapshotAgeOf: (table: string) => number;
}

const MAX_BYTES = 262_144;
const NAME = '((?:[\\w]+|"[^"]+"|`[^`]+`)(?:\\.(?:[\\w]+|"[^"]+"|`[^`]+`))?)';
const ABSENT = /\bany_value\s*\(/i;

/**
 * Translates where Athena's dialect differs; `SELECT`, `INSERT`, `UPDATE`, `DELETE` and `MERGE` pass
 * byte for byte. @throws a refusal for what Athena takes no call for
 */
export const translate = (
  sql: string,
  { locationOf, snapshotAgeOf }: Place,
  parameters?: readonly string[],
): Translated => {
  if (Buffer.byteLength(sql) > MAX_BYTES) {
    throw new Refusal(
      `1 validation error detected: Value at 'queryString' failed to satisfy constraint: Member must have length less than or equal to ${MAX_BYTES}`,
    );
  }
  const end = bare(sql).search(/;\s*$/);
  const text = end < 0 ? sql : sql.slice(0, end);
  const plain = bare(text);
  if (plain.includes(';')) throw malformed('Only one sql statement is allowed.');
  if (ABSENT.test(plain)) throw malformed("Function 'any_value' not registered");
  const first = /^[\s(]*(\w+)/.exec(plain)?.[1]?.toUpperCase() ?? '';
  if (parameters && !['SELECT', 'WITH', 'INSERT'].includes(first)) {
    throw malformed('Parameters are for SELECT, INSERT INTO, CTAS and UNLOAD');
  }
  if (PASSING.has(first)) {
    const subtype = first === 'WITH' ? 'SELECT' : first;
    return { type: first === 'EXPLAIN' ? 'UTILITY' : 'DML', subtype, texts: [text] };
  }
  const trimmed = text.trim();
  if (/^create\s+(external\s+)?table\b/i.test(trimmed)) {
    const { text: created, table, properties } = createTable(trimmed, locationOf);
    return { ...ddl('CREATE_TABLE', created), properties: { table, values: properties } };
  }
  for (const [pattern, translated] of RULES) {
    const found = pattern.exec(trimmed);
    if (found)
      return translated(
        found.slice(1).map((part) => part ?? ''),
        trimmed,
        snapshotAgeOf,
      );
  }
  throw malformed(`line 1:1: mismatched input '${first}'`);
};

const PASSING = new Set([
  'SELECT',
  'WITH',
  'VALUES',
  'INSERT',
  'UPDATE',
  'DELETE',
  'MERGE',
  'EXPLAIN',
]);

const ddl = (subtype: string, ...texts: readonly string[]): Translated => ({
  ...{ type: 'DDL', subtype, texts },
});
const shown = (subtype: string, text: string): Translated => ({
  ...{ type: 'UTILITY', subtype, texts: [text] },
});

type Rule = (
  parts: readonly string[],
  sql: string,
  snapshotAgeOf: Place['snapshotAgeOf'],
) => Translated;

/** A whole statement by its pattern, in which `NAME` is a table's or database's. */
const rule = (pattern: string, translated: Rule): readonly [RegExp, Rule] => [
  new RegExp(`^${pattern.replaceAll(' ', '\\s+').replaceAll('NAME', NAME)}$`, 'is'),
  translated,
];

const RULES = [
  rule('(?:create|create or replace|drop) view .+', (_, sql) => ddl('VIEW', sql)),
  rule(
    'create (?:database|schema) (if not exists )?NAME(?:\\s+(?:comment|location) .*)?',
    ([guard = '', name = '']) =>
      ddl('CREATE_DATABASE', `CREATE SCHEMA ${guard}iceberg.${nameOf(name)}`),
  ),
  rule(
    'drop (?:database|schema) (if exists )?NAME(?:\\s+(restrict|cascade))?',
    ([guard = '', name = '', how = '']) =>
      ddl('DROP_DATABASE', `DROP SCHEMA ${guard}${nameOf(name)} ${how}`),
  ),
  rule('drop table (if exists )?NAME', ([guard = '', name = '']) =>
    ddl('DROP_TABLE', `DROP TABLE ${guard}${nameOf(name)}`),
  ),
  rule('alter table NAME add columns\\s*(\\(.*\\))', ([name = '', list = '']) => {
    const columns = partsOf(bracketed(list, 0)[0]).map((column) => trinoColumn(column, true));
    const texts = columns.map((column) => `ALTER TABLE ${nameOf(name)} ADD COLUMN ${column}`);
    return ddl('ALTER_TABLE_ADD_COLUMN', ...texts);
  }),
  rule('alter table NAME set tblproperties\\s*\\(.*\\)', ([name = ''], sql) => {
    const values = propertiesIn(sql);
    requireIcebergProperties(values);
    return { ...ddl('ALTER_TABLE'), properties: { table: nameOf(name), values } };
  }),
  rule('optimize NAME rewrite data using bin_pack( where .*)?', ([name = '', where = '']) => ({
    ...ddl('OPTIMIZE', `ALTER TABLE ${nameOf(name)} EXECUTE optimize${where}`),
    type: 'DML',
  })),
  rule('vacuum NAME', ([name = ''], _, snapshotAgeOf) => ({
    ...ddl('VACUUM', ...vacuum(nameOf(name), snapshotAgeOf)),
    type: 'DML',
  })),
  rule('show (?:databases|schemas)', () => shown('SHOW_DATABASES', 'SHOW SCHEMAS')),
  rule('show tables(?:\\s+(?:in|from) NAME)?', ([name = '']) =>
    shown('SHOW_TABLES', name === '' ? 'SHOW TABLES' : `SHOW TABLES FROM ${nameOf(name)}`),
  ),
  rule('(?:show columns (?:in|from)|describe|desc) NAME', ([name = '']) =>
    shown('DESCRIBE_TABLE', `DESCRIBE ${nameOf(name)}`),
  ),
];

const vacuum = (table: string, snapshotAgeOf: (table: string) => number): readonly string[] => {
  const age = `retention_threshold => '${snapshotAgeOf(table)}s'`;
  return [
    `ALTER TABLE ${table} EXECUTE expire_snapshots(${age})`,
    `ALTER TABLE ${table} EXECUTE remove_orphan_files(${age})`,
  ];
};
