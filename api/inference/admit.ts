import type { ServiceCaller } from '../../core/access/access-types';
import type { Admission, Limited, RateLimiter } from '../../core/access/rate-limiter';
import type { ServiceDirectory, ServingService } from '../../core/inference/service-directory';
import { DomainError } from '../../core/shared/domain-error';
import type { Admitted, EdgeRequest } from './edge';

interface AdmitNeeds {
  readonly directory: Pick<ServiceDirectory, 'find'>;
  /** Checks the credential for the scope `predict`; `service: null` says that there is no such service. */
  readonly authenticate: (
    headers: EdgeRequest['headers'],
    service: { readonly name: string; readonly auth: boolean } | null,
  ) => ServiceCaller | Promise<ServiceCaller>;
  readonly limiter: Pick<RateLimiter, 'admit'>;
}

/**
 * Lets a request in, or throws why not. Synchronous when service and key are known, as they are for
 * all but the first request of a while.
 * @throws `missing-credentials`, `forbidden`, `service-not-found`, `throttled`, `quota-exceeded`
 */
export const admit = ({ directory, authenticate, limiter }: AdmitNeeds) => {
  const withService = (
    request: EdgeRequest,
    serving: ServingService | undefined,
  ): Admitted | Promise<Admitted> => {
    const caller = authenticate(request.headers, serving?.service ?? null);
    return caller instanceof Promise
      ? caller.then((known) => withCaller(request, serving, known))
      : withCaller(request, serving, caller);
  };

  const withCaller = (
    request: EdgeRequest,
    serving: ServingService | undefined,
    caller: ServiceCaller,
  ): Admitted | Promise<Admitted> => {
    if (!serving) throw new DomainError('service-not-found', `no service ${request.service}`);
    const { service, headers, requestId, startedAt, clientIp, trace } = request;
    const admitted = { service, headers, requestId, startedAt, clientIp, trace, serving, caller };
    const admission = limiter.admit(limitsOf(serving, caller));
    return admission instanceof Promise
      ? admission.then((decided) => through(decided, admitted))
      : through(admission, admitted);
  };

  return (request: EdgeRequest): Admitted | Promise<Admitted> => {
    const serving = directory.find(request.service);
    return serving instanceof Promise
      ? serving.then((found) => withService(request, found))
      : withService(request, serving);
  };
};

const limitsOf = ({ limited }: ServingService, { keyId, throttle }: ServiceCaller): Limited[] =>
  keyId === null || throttle === null
    ? [limited]
    : [limited, { subject: `key/${keyId}`, throttle }];

const through = (admission: Admission, admitted: Admitted): Admitted => {
  if (admission.admitted) return admitted;
  const { reason, retryAfterS } = admission;
  const what =
    reason === 'throttled' ? 'more requests than the throttle allows' : 'the quota is used up';
  throw new DomainError(reason, what, { retryAfterS });
};
