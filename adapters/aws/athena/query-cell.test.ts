import { queryCell } from './query-cell';

describe('values of a result, which Athena gives as text', () => {
  it.each([
    ['bigint', '7', 7],
    ['bigint', '9007199254740993', '9007199254740993'],
    ['integer', '-7', -7],
    ['double', '5.0', 5],
    ['double', '1.0E-7', 1e-7],
    ['double', 'NaN', null],
    ['double', '-Infinity', '-Infinity'],
    ['boolean', 'false', false],
    ['decimal', '0.10', '0.10'],
    ['varchar', '', ''],
    ['varchar', 'null', 'null'],
    ['date', '2026-11-20', '2026-11-20'],
    ['timestamp', '2026-11-20 10:00:00.123456', '2026-11-20T10:00:00.123Z'],
    ['timestamp', '2026-11-20 10:00:00', '2026-11-20T10:00:00.000Z'],
    ['timestamp with time zone', '2026-11-20 10:00:00.5 UTC', '2026-11-20T10:00:00.500Z'],
    [
      'timestamp with time zone',
      '2026-11-20 10:00:00 Asia/Tokyo',
      '2026-11-20 10:00:00 Asia/Tokyo',
    ],
    ['array', '[1.5, null, -1.0]', [1.5, null, -1]],
    ['array', '[true, null]', [true, null]],
    ['array', '[]', []],
    ['array', '[a, b]', '[a, b]'],
    ['array', '[[1], [2]]', '[[1], [2]]'],
    ['map', '{a=1}', '{a=1}'],
  ])('%s %s', (type, text, value) => {
    expect(queryCell(text, type)).toEqual(value);
  });

  it('are null where there is no value', () => {
    expect(queryCell(undefined, 'varchar')).toBeNull();
  });
});
