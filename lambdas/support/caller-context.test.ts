import type { ServiceCaller } from '../../core/access/access-types';
import { DomainError } from '../../core/shared/domain-error';
import { callerIn, contextOf, unknownContext } from './caller-context';

describe('what the authorizer tells of a caller', () => {
  const throttle = { rate: 2, burst: 4, quota: { limit: 9, period: 'day' } } as const;
  it.each<[string, ServiceCaller]>([
    ['a key', { requester: 'k1', keyId: 'k1', throttle: null }],
    ['a key with limits of its own', { requester: 'k1', keyId: 'k1', throttle }],
    ['an operator', { requester: 'operator/o1', keyId: null, throttle: null }],
    ['nobody', { requester: 'anonymous', keyId: null, throttle: null }],
  ])('arrives as texts and is understood: %s', (_, caller) => {
    const context = contextOf(caller);
    expect(Object.values(context).every((value) => typeof value === 'string')).toBe(true);
    expect(callerIn(context)).toEqual(caller);
  });

  it.each([null, undefined, {}, { requester: '' }])('is missing at no request: %p', (context) => {
    expect(() => callerIn(context)).toThrow(/past the authorizer/);
  });

  it('lets nobody in of whom nothing could be known', () => {
    const context = unknownContext(new DomainError('unavailable', 'try again'));
    const sent = { ...contextOf({ requester: 'k1', keyId: 'k1', throttle: null }), ...context };
    for (const one of [context, sent]) {
      const problem = expect.objectContaining({ kind: 'unavailable', retryAfterS: 1 });
      expect(() => callerIn(one)).toThrow(problem);
    }
  });
});
