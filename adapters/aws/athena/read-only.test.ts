import { assertReads } from './read-only';

describe('statements that callers give', () => {
  it.each([
    'SELECT 1',
    ' select 1 ; ',
    '-- why\nWITH x AS (SELECT 1) SELECT * FROM x',
    '/* SELECT; */ (SELECT 1) UNION (SELECT 2);;',
    'SELECT \';\' AS "a;b"',
    'VALUES 1, 2',
    'EXPLAIN SELECT 1',
    'SHOW TABLES',
    'DESCRIBE inference.wine',
  ])('are taken when they read: %s', (sql) => {
    expect(() => assertReads(sql)).not.toThrow();
  });

  it.each([
    ['', 'give a statement'],
    [' -- nothing\n;', 'give a statement'],
    ['SELECT 1; SELECT 2', 'give one statement'],
    ['DELETE FROM inference.wine', 'read-only'],
    ['/* SELECT */ DROP TABLE wine', 'read-only'],
    ['INSERT INTO a SELECT 1', 'read-only'],
    ["UNLOAD (SELECT 1) TO 's3://a/' WITH (format = 'PARQUET')", 'read-only'],
    ['SELECTED', 'read-only'],
    ['CREATE TABLE x AS SELECT 1', 'read-only'],
  ])('are refused when they do not: %s', (sql, why) => {
    expect(() => assertReads(sql)).toThrow(why);
  });
});
