import { usageError } from '../cli-error';
import { itemsOf } from '../list';
import type { Moment } from '../option-values';
import { type SettingsOptions, UNLIMITED_RATE } from '../services/settings';
import { wholeThrottle } from '../services/settings-body';
import type { Session } from '../session';
import { idOf } from './id-of';
import { showOnce } from './show-once';

interface CreateOptions extends Pick<SettingsOptions, 'rate' | 'burst' | 'quota'> {
  readonly scope?: readonly string[];
  readonly expires?: Moment;
}

const SCOPES = ['predict', 'labels'] as const;
type Scope = (typeof SCOPES)[number];

const MANY = 1000;

/** Makes a key and prints its text. */
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

/** Gives a key a new text and prints it. */
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

/** Ends a key. */
export const revokeKey = async (session: Session, service: string, key: string): Promise<void> => {
  const revoked = await session.call('DELETE /api/services/{service}/keys/{key}', {
    path: { service, key: await keyId(session, service, key) },
  });
  await session.answer(revoked, ({ name }) => session.print(`${name} is revoked`));
};

/** Keys that are revoked have no name any more: another may have it. */
const keyId = async (session: Session, service: string, text: string): Promise<string> => {
  const route = 'GET /api/services/{service}/keys';
  const { items } = await itemsOf(session, route, { path: { service } }, MANY);
  const active = items.filter(({ status }) => status === 'active');
  return idOf(text, 'keys', active);
};
