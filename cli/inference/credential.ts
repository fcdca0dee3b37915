import type { Send } from '../client';
import type { Session } from '../session';

/** Sends to a service with its key: given, kept in the data folder, or else the operator's token. */
export const serviceClient = (session: Session, service: string, key: string | undefined): Send => {
  const { sendAs, credentials, operatorToken, environment } = session;
  const given = key ?? (environment.env.TIDEGATE_KEY || undefined);
  if (given !== undefined) return sendAs(given, 'the key sent is the one of --key or TIDEGATE_KEY');
  const keys = credentials?.keys ?? {};
  const [kept] = Object.hasOwn(keys, service) ? Object.entries(keys[service] ?? {}) : [];
  if (kept) {
    return sendAs(
      kept[1],
      `the key sent is '${kept[0]}' of ${credentials?.file}: TIDEGATE_KEY sets another`,
    );
  }
  return operatorToken === undefined
    ? sendAs(undefined, 'no key: set TIDEGATE_KEY; `tidegate keys create` makes one')
    : sendAs(operatorToken, "no key of the service was found, so the operator's token was sent");
};
