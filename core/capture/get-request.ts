import { DomainError } from '../shared/domain-error';
import type { CapturedRequest, CapturedRequests } from './captured-requests';

interface Needs {
  readonly requests: CapturedRequests;
  /** Said of where captured requests are found only after a while: a half sentence. */
  readonly delay?: string;
}

/**
 * What came in and what went out.
 * @throws `not-found`
 */
export const getRequest =
  ({ requests, delay }: Needs) =>
  async (service: string, requestId: string): Promise<CapturedRequest> => {
    const found = await requests.get(service, requestId);
    if (found) return found;
    const yet = delay === undefined ? '' : `${delay}, or `;
    const why = `${yet}it was refused at the door, not sampled, or is no longer kept`;
    throw new DomainError('not-found', `${service} has no captured request of this id: ${why}`);
  };
