import fc from 'fast-check';
import { millisecondsOf } from './date-time';

describe('times in requests', () => {
  it.each([
    ['2026-02-03T04:05:06Z', '2026-02-03T04:05:06.000Z'],
    ['2026-02-03t04:05:06.789z', '2026-02-03T04:05:06.789Z'],
    ['2026-02-03 04:05:06+02:30', '2026-02-03T01:35:06.000Z'],
    ['2026-02-03T04:05:06', '2026-02-03T04:05:06.000Z'],
    ['2026-02-03 04:05:06.5', '2026-02-03T04:05:06.500Z'],
    ['2026-02-03', '2026-02-03T00:00:00.000Z'],
  ])('reads %s', (text, moment) => {
    expect(millisecondsOf(text)).toBe(Date.parse(moment));
  });

  it.each([
    '',
    'yesterday',
    '2026-02-30',
    '2026-02-30T00:00:00Z',
    '2026-13-01',
    '2026-02-03T24:00:00',
    '2026-02-03T04:05',
    '2026-02-03T04:05:06+2',
    '2026-02-03Z',
    '03/02/2026',
    '1767225600000',
    '2026-02-03T04:05:06 ',
  ])('refuses %j', (text) => {
    expect(millisecondsOf(text)).toBeNull();
  });

  it('reads what it writes, with a zone or without, as the same moment', () => {
    const moments = fc.date({
      min: new Date('0001-01-01T00:00:00Z'),
      max: new Date('9999-12-31T23:59:59.999Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, (moment) => {
        const text = moment.toISOString();
        expect(millisecondsOf(text)).toBe(moment.getTime());
        expect(millisecondsOf(text.slice(0, -1))).toBe(moment.getTime());
      }),
    );
  });
});
