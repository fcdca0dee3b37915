import { aboutEndpoints } from '../api/about/endpoints';
import { controlApi } from '../api/control';
import { DomainError } from '../core/shared/domain-error';
import { controlHandler } from './support/control-handler';
import { report } from './support/observability';

const nobody = (): Promise<never> =>
  Promise.reject(new DomainError('not-found', 'this is answered elsewhere'));

/** What the platform says of itself, and of paths where there is nothing. It reads nothing. */
export const handler = controlHandler({
  control: controlApi({
    // Each function starts by itself: there is nothing to wait for.
    endpoints: aboutEndpoints({ checks: async () => [] }),
    authenticateOperator: nobody,
    audit: { append: nobody },
    report,
  }),
});
