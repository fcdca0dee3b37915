/** Bytes that Athena takes at most as one statement (docs: service limits; not adjustable). */
export const MOST_STATEMENT_BYTES = 262_144;

/** A rule of Athena's that Trino, on which statements are tested, does not have. */
interface Rule {
  readonly says: string;
  /** Where it is written, or who ran into it. */
  readonly source: string;
  readonly breaks: (sql: string) => boolean;
}

const LIMITS = 'docs.aws.amazon.com/athena/latest/ug/service-limits.html';
const NOTABLE = 'docs.aws.amazon.com/athena/latest/ug/other-notable-limitations.html';
const TYPES = 'docs.aws.amazon.com/athena/latest/ug/querying-iceberg-supported-data-types.html';
const PARAMETERS = 'docs.aws.amazon.com/athena/latest/ug/querying-with-prepared-statements.html';
const CREATING = 'docs.aws.amazon.com/athena/latest/ug/querying-iceberg-creating-tables.html';

/** What stands in texts and quoted names is no part of the grammar. */
const bare = (sql: string): string =>
  sql.replaceAll(/'(?:[^']|'')*'/g, "''").replaceAll(/"(?:[^"]|"")*"|`[^`]*`/g, 'x');

const has =
  (pattern: RegExp) =>
  (sql: string): boolean =>
    pattern.test(bare(sql));

const isDefinition = (sql: string): boolean =>
  /^\s*(?:CREATE|ALTER|DROP|OPTIMIZE|VACUUM)\b/i.test(sql);

/** Partitions that one statement may write to (docs: service limits; not adjustable). */
const MOST_PARTITIONS = 100;

const HIVE_TYPE = /^(?:array<)?(?:boolean|int|bigint|double|string|timestamp|date)>?$/;

/** The types of columns in a definition. */
const definedTypes = (sql: string): readonly string[] => {
  const columns = /^\s*(?:CREATE|ALTER)\s+TABLE[^(]*\(([^()]*)\)/i.exec(bare(sql))?.[1] ?? '';
  return columns.split(',').flatMap((column) => column.trim().split(/\s+/)[1] ?? []);
};

/** What Athena refuses though Trino takes it, or reads otherwise. */
export const ATHENA_RULES: readonly Rule[] = [
  {
    says: 'a statement has at most 262,144 bytes',
    source: LIMITS,
    breaks: (sql) => Buffer.byteLength(sql) > MOST_STATEMENT_BYTES,
  },
  {
    says: 'one statement at a time, without a semicolon',
    source: NOTABLE,
    breaks: has(/;/),
  },
  {
    says: 'no parameters: MERGE, UPDATE and DELETE have none',
    source: PARAMETERS,
    breaks: has(/\?/),
  },
  {
    says: 'no CALL, SET SESSION, EXECUTE IMMEDIATE, PREPARE, GRANT or USE',
    source: NOTABLE,
    breaks: has(/^\s*(?:CALL|SET\s+SESSION|EXECUTE|PREPARE|DEALLOCATE|GRANT|REVOKE|USE)\b/i),
  },
  {
    says: 'no ALTER TABLE … EXECUTE: it is OPTIMIZE and VACUUM',
    source: 'docs.aws.amazon.com/athena/latest/ug/querying-iceberg-data-optimization.html',
    breaks: has(/^\s*ALTER\s+TABLE[\s\S]*\bEXECUTE\b/i),
  },
  {
    says: 'no functions that came after the oldest Trino these statements run on',
    source: 'reference: any_value is absent in Trino 406',
    breaks: has(/\bany_value\s*\(|\bQUALIFY\b|\bPIVOT\b/i),
  },
  {
    says: 'Iceberg tables have no tinyint, smallint, char or time',
    source: TYPES,
    breaks: has(/\b(?:tinyint|smallint|char)\b|\btime\b(?!\s*zone)\s*[(,)]/i),
  },
  {
    says: 'a statement that writes names 100 days at most: so many partitions are open',
    source: LIMITS,
    breaks: (sql) =>
      /^\s*(?:INSERT|MERGE|CREATE\s+TABLE[^(]*\bAS\b)/i.test(sql) &&
      new Set(sql.match(/\bDATE '[^']*'/g)).size > MOST_PARTITIONS,
  },
  {
    says: 'columns are defined with types of Hive, in lower case',
    source: TYPES,
    breaks: (sql) => definedTypes(sql).some((type) => !HIVE_TYPE.test(type)),
  },
  {
    says: 'tables are defined with a location and a table type',
    source: CREATING,
    breaks: (sql) =>
      /^\s*CREATE\s+TABLE/i.test(sql) &&
      !(/\bLOCATION\s+'s3:/i.test(sql) && /'table_type'\s*=\s*'ICEBERG'/i.test(sql)),
  },
  {
    says: 'names in definitions and upkeep stand in backticks, elsewhere in double quotes',
    source: 'docs.aws.amazon.com/athena/latest/ug/reserved-words.html',
    breaks: (sql) =>
      isDefinition(sql)
        ? sql.replaceAll(/'(?:[^']|'')*'/g, '').includes('"')
        : sql.replaceAll(/'(?:[^']|'')*'/g, '').includes('`'),
  },
  {
    says: 'OPTIMIZE is told partitions alone',
    source: 'docs.aws.amazon.com/athena/latest/ug/optimize-statement.html',
    breaks: (sql) =>
      /^\s*OPTIMIZE\b/i.test(sql) &&
      /\bWHERE\b/i.test(sql) &&
      !/\bWHERE (?:service = '[^']*' AND )?(?:request|received)_date IN \([^()]*\)$/.test(sql),
  },
  {
    says: 'UPDATE SET of a MERGE has no parentheses around it, and no NOT MATCHED BY SOURCE',
    source: 'docs.aws.amazon.com/athena/latest/ug/merge-into-statement.html',
    breaks: has(/UPDATE\s+SET\s*\(|BY\s+SOURCE|(?:SET|INSERT)\s+\*/i),
  },
];

/** What Athena would say against a statement, as sentences. */
export const athenaRefuses = (sql: string): readonly string[] =>
  ATHENA_RULES.filter(({ breaks }) => breaks(sql)).map(({ says }) => says);
