import type { ServiceCaller } from '../../core/access/access-types';
import type { Throttle } from '../../core/access/rate-limiter';
import { DomainError } from '../../core/shared/domain-error';

/** What the authorizer tells of a caller it let in: API Gateway hands on texts only. */
export interface CallerContext {
  readonly requester: string;
  /** Empty when it is no key. */
  readonly key_id: string;
  /** JSON. */
  readonly throttle: string;
  /** Why nobody could be asked who it is; such a caller gets no further than to be told so. */
  readonly unavailable: string;
}

export const contextOf = ({ requester, keyId, throttle }: ServiceCaller) => ({
  ...{ requester, key_id: keyId ?? '', throttle: JSON.stringify(throttle) },
});

/** Of a caller that nobody could say anything of: API Gateway itself would call that our fault. */
export const unknownContext = ({ message }: DomainError) => ({ unavailable: message });

/**
 * The caller that the authorizer let in.
 * @throws `unavailable` when it could not be told who that is; and when no authorizer ran: the function must not be reachable without one
 */
export const callerIn = (context: Partial<CallerContext> | null | undefined): ServiceCaller => {
  if (context?.unavailable) {
    throw new DomainError('unavailable', context.unavailable, { retryAfterS: 1 });
  }
  if (!context?.requester) throw new Error('a request came past the authorizer');
  const { requester, key_id = '', throttle = 'null' } = context;
  const limits: Throttle | null = JSON.parse(throttle);
  return { requester, keyId: key_id === '' ? null : key_id, throttle: limits };
};
