import { DomainError } from '../shared/domain-error';
import type { CredentialHeaders, Operator } from './access-types';
import { givenCredential, givenSession, missingCredential } from './given-credential';
import type { OpenCredential } from './open-credential';
import { isCredentialShaped } from './tokens';

interface Needs {
  readonly open: OpenCredential;
  readonly digest: (text: string) => string;
  readonly now: () => Date;
}

/** Who uses the control API, and how they said so: browsers send cookies by themselves. */
export interface SignedIn {
  readonly operator: Operator;
  readonly by: 'token' | 'session';
}

/** Says who calls the control API, or rejects. */
export type AuthenticateOperator = (headers: CredentialHeaders) => Promise<SignedIn>;

/**
 * Who calls the control API: by a token in a header or, without one, by a session's cookie.
 * @throws `missing-credentials`; `forbidden`, the same for whatever opens nothing here
 */
export const authenticateOperator =
  ({ open, digest, now }: Needs): AuthenticateOperator =>
  async (headers) => {
    const token = givenCredential(headers);
    const text = token ?? givenSession(headers) ?? missingCredential();
    const by = token === null ? 'session' : 'token';
    const opened = isCredentialShaped(text) ? await open(digest(text)) : undefined;
    if (!opened || opened.kind !== by || opened.until <= now().getTime()) throw opensNothing();
    return { operator: opened.operator, by };
  };

/** One answer for all that is refused: it tells nobody what exists. */
export const opensNothing = (): DomainError =>
  new DomainError('forbidden', 'this credential does not open this');
