import type { OpenCredential, Opened } from '../../core/access/open-credential';

interface Needs {
  readonly open: OpenCredential;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /** How many credentials are remembered. */
  readonly capacity?: number;
}

const KEPT_MS = 5 * 60_000;

/**
 * What a credential opened opens for 5 minutes more while it cannot be read: without the table calls
 * go on. While it can be read nothing is remembered here, and what is revoked opens nothing.
 */
export const openedBefore = ({ open, clock, capacity = 10_000 }: Needs): OpenCredential => {
  const kept = new Map<string, { readonly opened: Opened; readonly at: number }>();

  return async (digest) => {
    try {
      const opened = await open(digest);
      kept.delete(digest);
      const [oldest] = kept.size >= capacity ? kept.keys() : [];
      if (oldest !== undefined) kept.delete(oldest);
      if (opened) kept.set(digest, { opened, at: clock() });
      return opened;
    } catch (error) {
      const before = kept.get(digest);
      if (!before || clock() - before.at > KEPT_MS) throw error;
      return before.opened;
    }
  };
};
