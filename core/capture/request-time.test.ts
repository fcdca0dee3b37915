import fc from 'fast-check';
import { firstIdOf, millisecondsIn, requestTimeOf } from './request-time';

describe('the time in a request id', () => {
  it('is the milliseconds of the UUIDv7', () => {
    // RFC 9562, appendix A.6: 2022-02-22T14:22:22.00-05:00.
    expect(requestTimeOf('017f22e2-79b0-7cc3-98c4-dc0c0c07398f')).toBe(1_645_557_742_000);
  });

  it.each([
    '',
    '017f22e2-79b0-4cc3-98c4-dc0c0c07398f',
    '017F22E2-79B0-7CC3-98C4-DC0C0C07398F',
    'x',
  ])('is none in %j', (id) => expect(requestTimeOf(id)).toBeNaN());

  it('begins with an id that sorts between the millisecond before and all of its own', () => {
    const time = fc.nat({ max: 2 ** 48 - 1 });
    fc.assert(
      fc.property(time, fc.uuid({ version: 7 }), (ms, id) => {
        expect(millisecondsIn(firstIdOf(ms))).toBe(ms);
        const own = firstIdOf(ms).slice(0, 14) + id.slice(14);
        expect(requestTimeOf(own)).toBe(ms);
        expect(firstIdOf(ms) < own).toBe(true);
        expect(own < firstIdOf(ms + 1) || ms === 2 ** 48 - 1).toBe(true);
      }),
    );
  });

  it('stays within what an id can say', () => {
    expect(firstIdOf(-1)).toBe('00000000-0000-0000-0000-000000000000');
    expect(firstIdOf(Number.POSITIVE_INFINITY)).toBe('ffffffff-ffff-0000-0000-000000000000');
  });
});
