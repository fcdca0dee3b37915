import type { NewToken } from './tokens';

interface Needs {
  readonly now: () => Date;
  readonly newToken: NewToken;
  readonly digest: (text: string) => string;
}

const VALID_MS = 15 * 60 * 1000;
const MOST = 100;

/** One-time codes of sign-in links, each valid for 15 minutes; a restart ends them all. */
export const signInCodes = ({ now, newToken, digest }: Needs) => {
  const codes = new Map<string, { readonly operator: string; readonly until: number }>();

  return {
    /** A code that signs in as this operator, once. */
    issue(operator: string): string {
      const code = newToken('tgs-').slice('tgs-'.length);
      const [oldest] = codes.keys();
      if (codes.size >= MOST && oldest !== undefined) codes.delete(oldest);
      codes.set(digest(code), { operator, until: now().getTime() + VALID_MS });
      return code;
    },

    /** The operator's id, the first time and in time; undefined otherwise. */
    redeem(code: string): string | undefined {
      const key = digest(code);
      const found = codes.get(key);
      codes.delete(key);
      return found && found.until > now().getTime() ? found.operator : undefined;
    },
  };
};

/** Issues and redeems one-time codes. */
export type SignInCodes = ReturnType<typeof signInCodes>;
