import { DomainError } from '../shared/domain-error';
import type { CredentialHeaders, Scope, ServiceCaller } from './access-types';
import { opensNothing } from './authenticate-operator';
import { givenCredential, givenSession, missingCredential } from './given-credential';
import type { KeyUses } from './key-uses';
import { type Known, knownCredentials } from './known-credentials';
import type { OpenCredential, Opened } from './open-credential';
import { isCredentialShaped } from './tokens';

interface Needs {
  readonly open: OpenCredential;
  readonly digest: (text: string) => string;
  readonly now: () => Date;
  readonly uses: Pick<KeyUses, 'touch'>;
}

/** The service that is called; null when there is none of that name. */
export type CalledService = { readonly name: string; readonly auth: boolean } | null;

/** `sec-fetch-site` decides whether a browser's cookie counts. */
export type ServiceHeaders = CredentialHeaders & {
  readonly 'sec-fetch-site'?: string | undefined;
};

interface Caller {
  readonly opened: Opened;
  readonly caller: ServiceCaller;
}

const ANONYMOUS: ServiceCaller = { requester: 'anonymous', keyId: null, throttle: null };

/** Decides who may call services. A key that is known costs no read and no promise. */
export const serviceAuthenticator = ({ open, digest, now, uses }: Needs) => {
  const remembered = knownCredentials<Caller>({ open }, (opened) => ({
    opened,
    caller: callerOf(opened),
  }));

  const admit = (
    known: Known<Caller>,
    service: CalledService,
    scope: Scope,
    at: number,
  ): ServiceCaller => {
    if (!known || known.opened.until <= at) throw opensNothing();
    const { opened, caller } = known;
    if (opened.kind !== 'key') {
      if (opened.operator.role === 'viewer') throw opensNothing();
      if (!service) throw new DomainError('service-not-found', 'there is no such service');
      return caller;
    }
    const { key } = opened;
    if (!service || key.service !== service.name || !key.scopes.includes(scope)) {
      throw opensNothing();
    }
    uses.touch(key.service, key.id, at);
    return caller;
  };

  return {
    /**
     * Who calls a service. Throws, or rejects when the credential has to be read first.
     * @throws `missing-credentials`; `forbidden`, the same for whatever opens nothing here;
     * `service-not-found` to operators, who may know
     */
    authenticate(
      headers: ServiceHeaders,
      service: CalledService,
      scope: Scope,
    ): ServiceCaller | Promise<ServiceCaller> {
      const text = givenCredential(headers) ?? ownPagesSession(headers);
      if (text === null) return service?.auth === false ? ANONYMOUS : missingCredential();
      if (!isCredentialShaped(text)) throw opensNothing();
      const at = now().getTime();
      const known = remembered.find(digest(text), at);
      return known instanceof Promise
        ? known.then((read) => admit(read, service, scope, at))
        : admit(known, service, scope, at);
    },

    /** To be called whenever a key, an operator or a session changed in this process. */
    forget: remembered.forget,
  };
};

// Browsers send cookies by themselves, so one counts only for a page of our own.
const ownPagesSession = (headers: ServiceHeaders): string | null =>
  headers['sec-fetch-site'] === 'same-origin' ? givenSession(headers) : null;

const callerOf = (opened: Opened): ServiceCaller =>
  opened.kind === 'key'
    ? { requester: opened.key.id, keyId: opened.key.id, throttle: opened.key.throttle }
    : { requester: `operator/${opened.operator.id}`, keyId: null, throttle: null };
