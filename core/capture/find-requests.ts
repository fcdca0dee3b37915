import { DomainError } from '../shared/domain-error';
import type { Page } from '../shared/page';
import type { CapturedRequest, CapturedRequests, RequestFilter } from './captured-requests';

interface Needs {
  readonly requests: CapturedRequests;
  readonly serviceExists: (name: string) => Promise<boolean>;
  readonly now: () => Date;
}

interface Wanted extends Omit<RequestFilter, 'from' | 'to'> {
  /** RFC 3339; 24 hours before `to` unless told. */
  readonly from?: string | undefined;
  /** RFC 3339; now unless told. */
  readonly to?: string | undefined;
}

const DAY_MS = 86_400_000;

/**
 * A service's captured requests, newest first, also of a service that was deleted since.
 * @throws `bad-request` `from` is not before `to`; `service-not-found` there never was one
 */
export const findRequests =
  ({ requests, serviceExists, now }: Needs) =>
  async ({ from: first, to: last, ...wanted }: Wanted): Promise<Page<CapturedRequest>> => {
    // The millisecond that is passing belongs to the past, too.
    const to = last === undefined ? now().getTime() + 1 : Date.parse(last);
    const from = first === undefined ? to - DAY_MS : Date.parse(first);
    if (!(from < to)) throw new DomainError('bad-request', '`from` must be before `to`');
    const page = await requests.find({ ...wanted, from, to });
    if (page.items.length > 0 || page.next_cursor !== null) return page;
    if (await serviceExists(wanted.service)) return page;
    throw new DomainError('service-not-found', `there is no service ${wanted.service}`);
  };
