/** What a credential's first letters say: a service's key, an operator's token, a session. */
export type TokenPrefix = 'tgk-' | 'tgo-' | 'tgs-';

/** A new credential: the prefix and 40 letters and digits, 238 bits that nobody can guess. */
export type NewToken = (prefix: TokenPrefix) => string;

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const LENGTH = 40;
// The largest multiple of 62 in a byte: bytes above it would make some characters likelier.
const FAIR = 248;

interface Needs {
  /** From the system's cryptographic generator. */
  readonly randomBytes: (count: number) => Uint8Array;
}

/** Makes credentials, every character as likely as any other. */
export const newToken =
  ({ randomBytes }: Needs): NewToken =>
  (prefix) => {
    let text = '';
    while (text.length < LENGTH) {
      for (const byte of randomBytes(LENGTH - text.length)) {
        if (byte < FAIR) text += ALPHABET[byte % ALPHABET.length];
      }
    }
    return prefix + text;
  };

/** What somebody else may choose as an operator's token: `tgo-` and 16 to 252 letters and digits. */
export const OPERATOR_TOKEN_PATTERN = /^tgo-[A-Za-z0-9]{16,252}$/;

/** Whether a text can be a credential at all; what cannot is not even looked up. */
export const isCredentialShaped = (text: string): boolean =>
  text.length <= 256 && /^tg[kos]-[A-Za-z0-9]{16,}$/.test(text);
