import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from './cli-error';

/** What `tidegate up` leaves in the data folder, and `tidegate login` in its own, for the command line. */
export interface Credentials {
  readonly file: string;
  readonly endpoint: string | undefined;
  readonly operatorToken: string | undefined;
  /** When the token ends; the token of `tidegate up` does not. */
  readonly expiresAt: string | undefined;
  /** Keys by service, then by name. */
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** Where the credentials of a data folder lie. */
export const credentialsFile = (dataFolder: string): string => join(dataFolder, 'credentials.json');

/**
 * Reads the credentials of a data folder; null when there are none.
 * @throws CliError that names the file, never its content
 */
export const readCredentials = (dataFolder: string): Credentials | null => {
  const file = credentialsFile(dataFolder);
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw new CliError(`${file} cannot be read (${code ?? 'unknown reason'})`);
  }
  const members = parsed(text);
  if (!members) throw new CliError(`${file} is not as Tidegate wrote it: mend or remove it`);
  return {
    file,
    endpoint: textIn(members, 'endpoint'),
    operatorToken: textIn(members, 'operator_token'),
    expiresAt: textIn(members, 'expires_at'),
    keys: keysIn(members.keys),
  };
};

type Members = Readonly<Record<string, unknown>>;

const isMembers = (value: unknown): value is Members =>
  value !== null && typeof value === 'object' && !Array.isArray(value);

const parsed = (text: string): Members | null => {
  try {
    const value: unknown = JSON.parse(text);
    return isMembers(value) ? value : null;
  } catch {
    return null;
  }
};

const textIn = (members: Members, name: string): string | undefined => {
  const value = members[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
};

const keysIn = (value: unknown): Credentials['keys'] => {
  if (!isMembers(value)) return {};
  return Object.fromEntries(
    Object.entries(value).map(([service, keys]) => [
      service,
      Object.fromEntries(
        Object.entries(isMembers(keys) ? keys : {}).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string',
        ),
      ),
    ]),
  );
};
