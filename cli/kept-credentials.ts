import { statSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Credentials, readCredentials } from './credentials';
import { isSameHome } from './endpoint';
import type { Environment } from './environment';

/** Where `tidegate up` keeps its data unless it is told otherwise. */
const DATA_FOLDER = '.tidegate';

/** Where `tidegate login` keeps what it was given: `~/.config/tidegate`. */
export const loginFolder = (env: Environment['env']): string =>
  join(env.XDG_CONFIG_HOME || join(env.HOME || homedir(), '.config'), 'tidegate');

interface Kept {
  readonly dataFolder: string;
  readonly credentials: Credentials | null;
}

interface Wanted {
  /** The only folder to look into, when somebody named one. */
  readonly folder: string | undefined;
  /** Where the platform is, when somebody said so. */
  readonly endpoint: string | undefined;
  readonly env: Environment['env'];
  readonly read: typeof readCredentials;
}

/**
 * The credentials to use: those of the named folder, else of the last thing that was done, starting
 * a platform here or signing in to one; with an endpoint, those that are for it.
 */
export const keptCredentials = ({ folder, endpoint, env, read }: Wanted): Kept => {
  if (folder !== undefined) return { dataFolder: folder, credentials: read(folder) };
  const found = [loginFolder(env), DATA_FOLDER].flatMap((dataFolder) => {
    const credentials = read(dataFolder);
    return credentials ? [{ dataFolder, credentials }] : [];
  });
  const fitting = found.filter(
    ({ credentials: { endpoint: made } }) =>
      endpoint === undefined || made === undefined || isSameHome(made, endpoint),
  );
  const [newest] = (fitting.length > 0 ? fitting : found).toSorted(
    (a, b) => writtenAt(b.credentials) - writtenAt(a.credentials),
  );
  return newest ?? { dataFolder: DATA_FOLDER, credentials: null };
};

const writtenAt = ({ file }: Credentials): number =>
  statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0;
