import { CliError, usageError } from '../cli-error';
import { itemsOf } from '../list';
import type { Moment } from '../option-values';
import { type SettingsOptions, UNLIMITED_RATE, wholeThrottle } from '../services/settings';
import type { Session } from '../session';

interface CreateOptions extends Pick<SettingsOptions, 'rate' | 'burst' | 'quota'> {
  readonly scope?: readonly string[];
  readonly expires?: Moment;
}

const SCOPES = ['predict', 'labels'] as const;
type Scope = (typeof SCOPES)[number];

const MANY = 1000;

export const createKey = async (
  session: Session,
  service: string,
  name: string,
  options: CreateOptions,
): Promise<void> => {
  // A key with only a quota is held back by nothing else.
  const throttle = wholeThrottle(options, UNLIMITED_RATE);
  const made = await session.call('POST /api/services/{service}/keys', {
    path: { service },
    body: {
      name,
      ...(options.scope && { scopes: options.scope.map(scopeOf) }),
      ...(throttle && { throttle }),
      ...(options.expires && { expires_at: options.expires(session.environment.now()) }),
    },
  });
  await session.answer(made, ({ key }) => showOnce(session, 'key', key));
};

const scopeOf = (text: string): Scope => {
  const scope = SCOPES.find((known) => known === text);
  if (!scope) throw usageError(`a scope is one of ${SCOPES.join(', ')}`);
  return scope;
};

export const rotateKey = async (
  session: Session,
  service: string,
  key: string,
  { grace }: { grace: number },
): Promise<void> => {
  const rotated = await session.call('POST /api/services/{service}/keys/{key}/rotate', {
    path: { service, key: await keyId(session, service, key) },
    body: { grace_s: grace },
  });
  await session.answer(rotated, (made) => showOnce(session, 'key', made.key));
};

export const revokeKey = async (session: Session, service: string, key: string): Promise<void> => {
  const revoked = await session.call('DELETE /api/services/{service}/keys/{key}', {
    path: { service, key: await keyId(session, service, key) },
  });
  await session.answer(revoked, ({ name }) => session.print(`${name} is revoked`));
};

/** Only the secret goes to stdout, so that it can be caught in a variable. */
export const showOnce = async (
  { print, say }: Session,
  what: string,
  secret: string,
): Promise<void> => {
  await print(secret);
  say(`This ${what} is shown this once: keep it now.`);
};

/** The id of a key that was named; a text that names none is taken for an id. */
const keyId = async (session: Session, service: string, text: string): Promise<string> => {
  const route = 'GET /api/services/{service}/keys';
  const { items } = await itemsOf(session, route, { path: { service } }, MANY);
  if (items.some(({ id }) => id === text)) return text;
  const named = items.filter(({ name, status }) => name === text && status === 'active');
  if (named.length > 1) {
    throw new CliError(`${named.length} keys are called ${text}: give the id of one`, {
      hint: named.map(({ id }) => id).join(', '),
    });
  }
  return named[0]?.id ?? text;
};
