import type { Session } from '../session';

/** Only the secret goes to stdout, so that it can be caught in a variable. */
export const showOnce = async (
  { print, say }: Session,
  what: 'key' | 'token',
  secret: string,
): Promise<void> => {
  await print(secret);
  say(`This ${what} is shown this once: keep it now.`);
};
