import { DomainError } from '../shared/domain-error';
import type { CapturedRequest, CapturedRequests } from './captured-requests';

interface Needs {
  readonly requests: CapturedRequests;
}

/**
 * What came in and what went out.
 * @throws `not-found`
 */
export const getRequest =
  ({ requests }: Needs) =>
  async (service: string, requestId: string): Promise<CapturedRequest> => {
    const found = await requests.get(service, requestId);
    if (found) return found;
    const why = 'it was refused at the door, not sampled, or is no longer kept';
    throw new DomainError('not-found', `${service} has no captured request of this id: ${why}`);
  };
