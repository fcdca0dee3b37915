import type { ColumnType } from '../../../core/models/signature';
import { MOST_OUTCOMES, withOutcomes } from '../../../core/tables/outcomes';
import { NO_COLUMNS, withVersion } from '../../../core/tables/service-table';
import { type BuildItem, buildItem } from './build-item';
import { dayFrom } from './day-from';
import { days as inDays } from './quoting';
import type { Statement, StatementResult } from './statement';
import { ATHENA_RULES, athenaRefuses, MOST_STATEMENT_BYTES } from './statement-rules';
import { itemNeeds } from './testing/item-needs';
import { ALL_SERVICES } from './upkeep';

const PLACES = { database: 'inference', rawDatabase: 'inference_raw' };
const types: readonly ColumnType[] = ['double', 'string', 'long', 'datetime', 'boolean'];
const days = Array.from({ length: 90 }, (_, n) =>
  new Date(Date.parse('2026-08-01') + n * 86_400_000).toISOString().slice(0, 10),
);
const ID = '01a1f866-0d00-7000-8000-00000000000';

const OUTCOMES = Array.from(
  { length: MOST_OUTCOMES },
  (_, n) => [`o${n}`.padEnd(63, '_'), 'string'] as const,
);

/** A service with so many features, half of them hashed, each name of so many letters, and all outcomes it can have. */
const serviceOf = (features: number, letters: number) => {
  const inputs = Array.from({ length: features }, (_, n) => ({
    name: `${n}'`.padEnd(letters, 'é'),
    type: types[n % types.length] ?? 'double',
    required: true,
  }));
  const hashed = new Set(inputs.filter((_, n) => n % 2 === 0).map(({ name }) => name));
  const output = { type: 'string', width: 1, classes: ['a', 'b'] } as const;
  const { table, version } = withVersion(NO_COLUMNS, { inputs, output }, hashed);
  return {
    table: withOutcomes(table, new Map(OUTCOMES)),
    versions: [{ ...version, model: "wine'", version: 1 }],
  };
};

/** What the engine answers to each step: everything happened on 90 days, to a request and a label. */
const answers: Readonly<Record<string, StatementResult['rows']>> = {
  'look-at-arrival': days.map((date) => [
    ...[date, '1', `${ID}1`, `${ID}2`],
    Array.from({ length: 24 }, (_, n) => `${date}/hour=${String(n).padStart(2, '0')}`).join(','),
  ]),
  'look-at-labels': [...days.map((date) => [date, `${ID}1-0`, `${ID}2-0`]), [null, '9', null]],
  'look-for-clients': days.map((date) => [date]),
  'look-for-client-labels': days.slice(-8).map((date) => [date]),
  'look-at-client-labels': days.map((date) => [date, `${ID}1-0`, `${ID}2-0`]),
  'look-for-rows': days.map((date) => [date]),
  'answering-models': [["wine'", '1']],
  'count-labels': [['3']],
  'check-window': [['1', '0', '1', '1']],
  'days-with-labels': days.map((date) => [date]),
  'look-at-erased': [...days.map((date) => [date]), ['2026-11-20'], [null]],
  'look-for-erased': days.map((date) => [date]),
  'look-at-erased-labels': days.map((date) => [date]),
  'own-tables': [['red_wine'], ['red_wine_errors']],
};

/** All statements of a piece of work. */
const statementsOf = (item: BuildItem, described = serviceOf(3, 5)): readonly Statement[] => {
  const steps = buildItem(itemNeeds(PLACES, described, '2026-11-21'), item);
  const asked: Statement[] = [];
  let checks = 0;
  for (let next = steps.next(); !next.done; ) {
    const step = next.value;
    if ('sql' in step) asked.push(step);
    const name = 'sql' in step ? step.step : '';
    checks += name === 'check-window' ? 1 : 0;
    const isWell = name === 'check-window' && checks > 1;
    const rows = isWell ? [['0', '0', '1', '1']] : (answers[name] ?? []);
    next = steps.next({ rows, written: 1, query: 'an-id' });
  }
  return asked;
};

const AT = '2026-11-21T10:00:00.000Z';
const erase = { kind: 'erase', service: 'red-wine', at: AT } as const;
const ids = (begin: string) =>
  Array.from({ length: 1_000 }, (_, n) => begin + String(n).padStart(4, '0'));
const VALUES: readonly (readonly [string, string | number])[] = [
  ['request_date', '2026-11-20'],
  ['request_time', AT],
  ['row_index', 1],
  ['prediction', "it's; /* ? */"],
];
const hours = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));
const items: readonly BuildItem[] = [
  { kind: 'tables', service: 'red-wine', revision: 1 },
  { kind: 'requests', service: 'red-wine', date: '2026-11-20', hours },
  { kind: 'labels', service: 'red-wine', date: '2026-11-20', hours },
  { kind: 'labels-again', service: 'red-wine', from: '2026-01-01', to: '2026-11-20' },
  {
    ...{ kind: 'upkeep', service: 'red-wine' },
    keep: { requests: '2026-11-01', rows: '2026-11-01', labels: '2026-11-01' },
    days: { requests: days, rows: days, labels: days },
    late: [],
  },
  {
    ...{ kind: 'upkeep', service: 'red-wine', keep: {}, late: days },
    days: { requests: [], rows: [], labels: [] },
  },
  { kind: 'shared-upkeep', service: ALL_SERVICES, erasedSince: AT },
  { ...erase, what: { request_ids: ids('01a1f866-0d00-7000-8000-00000000') } },
  { ...erase, what: { client_request_ids: ids("'".repeat(252)) } },
  ...VALUES.map(([column, value]) => ({ ...erase, what: { column, value } })),
  { kind: 'purge', service: 'red-wine', at: AT },
];

describe('statements', () => {
  it.each(items)('of $kind break no rule of Athena', (item) => {
    const statements = statementsOf(item);
    expect(statements.length).toBeGreaterThan(1);
    for (const { step, sql } of statements) expect([step, athenaRefuses(sql)]).toEqual([step, []]);
  });

  it.each(items)('of $kind are small enough for 1,000 features and 90 days', (item) => {
    for (const { step, sql } of statementsOf(item, serviceOf(1_000, 40))) {
      expect([step, athenaRefuses(sql)]).toEqual([step, []]);
    }
  });
});

const hundredAndOne = Array.from({ length: 101 }, (_, n) => `DATE '${dayFrom('2026-01-01', n)}'`);

describe('rules of Athena that Trino does not have', () => {
  const breaking: Readonly<Record<string, string>> = {
    'a statement has at most 262,144 bytes': `SELECT '${'x'.repeat(MOST_STATEMENT_BYTES)}'`,
    'one statement at a time, without a semicolon': 'SELECT 1; SELECT 2',
    'no parameters: MERGE, UPDATE and DELETE have none': 'DELETE FROM t WHERE a = ?',
    'no CALL, SET SESSION, EXECUTE IMMEDIATE, PREPARE, GRANT or USE': 'CALL system.x()',
    'no ALTER TABLE … EXECUTE: it is OPTIMIZE and VACUUM': 'ALTER TABLE t EXECUTE optimize',
    'no functions that came after the oldest Trino these statements run on':
      'SELECT any_value(a) FROM t',
    'Iceberg tables have no tinyint, smallint, char or time': 'SELECT CAST(a AS smallint) FROM t',
    'a statement that writes names 100 days at most: so many partitions are open': `INSERT INTO t SELECT a FROM s WHERE d IN (${hundredAndOne})`,
    'columns are defined with types of Hive, in lower case':
      'ALTER TABLE `a`.`t` ADD COLUMNS (`a` int, `b` varchar)',
    'tables are defined with a location and a table type': 'CREATE TABLE t (a int)',
    'names in definitions and upkeep stand in backticks, elsewhere in double quotes':
      'OPTIMIZE "a" REWRITE DATA USING BIN_PACK',
    'OPTIMIZE is told partitions alone': 'OPTIMIZE a REWRITE DATA USING BIN_PACK WHERE n = 1',
    'UPDATE SET of a MERGE has no parentheses around it, and no NOT MATCHED BY SOURCE':
      'MERGE INTO t USING s ON true WHEN MATCHED THEN UPDATE SET (a = 1)',
  };

  it.each(ATHENA_RULES)('find what breaks them: $says', ({ says }) => {
    expect(athenaRefuses(breaking[says] ?? '')).toEqual([says]);
  });

  it('are kept by days that are no more than a statement may write to', () => {
    expect(() => inDays([...days, '2026-11-20'])).toThrow('1 to 90 days');
  });

  it('look at no texts and names', () => {
    expect(athenaRefuses(`SELECT ';?', "any_value(" FROM t WHERE a = 'UPDATE SET *'`)).toEqual([]);
  });
});
