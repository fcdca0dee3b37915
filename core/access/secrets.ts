/** Values that only the platform knows, by name: made once, then always the same. */
export interface Secrets {
  /** The secret's text; `make` is called when there is none yet, once even when asked at once. */
  ensure(name: string, make: () => string): Promise<string>;
  get(name: string): Promise<string | undefined>;
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}

// Lower case only: some file systems take `a` and `A` for one name.
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;

/** @throws RangeError for what no home can use as a secret's name */
export const assertSecretName = (name: string): void => {
  if (!NAME.test(name)) {
    throw new RangeError('a secret is named in lower-case letters, digits, ., _ and -');
  }
};
