/**
 * The texts of credentials that the platform made by itself, kept where only the machine's owner can
 * read them: the first operator's token and the keys that the manifest names. What is changed through
 * the API changes here too, so that what is kept always opens something.
 */
export interface KeptCredentials {
  operatorToken(): Promise<string | null>;
  /** Null forgets it. */
  keepOperatorToken(token: string | null): Promise<void>;
  keepKey(service: string, name: string, key: string): Promise<void>;
  /** Replaces a kept key, or with null forgets it; a key that is not kept stays so. */
  changeKey(service: string, name: string, key: string | null): Promise<void>;
  forgetKeysOf(service: string): Promise<void>;
}
