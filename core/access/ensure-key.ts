import { foundService } from '../services/find-service';
import { retryRaces } from '../shared/revisions';
import { type KeyNeeds, newKeyRow } from './create-key';
import type { KeptCredentials } from './kept-credentials';

interface Needs extends KeyNeeds {
  readonly kept: Pick<KeptCredentials, 'keepKey'>;
}

/**
 * Makes a key that the manifest names, once: one that operators revoked does not come back. It opens
 * all its service offers. Answers the key's text only when it is new; it is kept before it opens
 * anything, so that a crash in between costs a text that opens nothing, not a key that nobody knows.
 * @throws `service-not-found`
 */
export const ensureKey =
  ({ keys, guard, kept, ...needs }: Needs) =>
  (service: string, name: string): Promise<string | null> =>
    retryRaces(async (write) => {
      if (await keys.isFromManifest(service, name)) return null;
      if (await keys.idOf(service, name)) return null;
      const check = foundService(await guard(service), service);
      const { row, text, textDigest } = newKeyRow(needs, {
        service,
        name,
        scopes: ['predict', 'labels'],
        throttle: null,
        expires_at: null,
        created_by: 'manifest',
      });
      await kept.keepKey(service, name, text);
      await write(keys.add(row, textDigest, check, [keys.fromManifest(service, name)]));
      needs.forget();
      return text;
    });
