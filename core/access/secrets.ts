/** Values that only the platform knows, by name: made once, then always the same. */
export interface Secrets {
  /** The secret's text; `make` is called when there is none yet, once even when asked at once. */
  ensure(name: string, make: () => string): Promise<string>;
  get(name: string): Promise<string | undefined>;
  put(name: string, text: string): Promise<void>;
  remove(name: string): Promise<void>;
}
