import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CliError } from '../cli-error';
import { credentialsFile, readCredentials } from '../credentials';

/** What `tidegate login` got. */
export interface Login {
  readonly endpoint: string;
  readonly token: string;
  readonly expiresAt: string;
}

/**
 * Where the last sign-in of a folder went, so that the next one need not be told; undefined when
 * there was none.
 * @throws CliError when the folder is that of a platform, whose keys would be lost
 */
export const lastEndpoint = (folder: string): string | undefined => {
  const kept = readCredentials(folder);
  if (kept && kept.expiresAt === undefined) {
    throw new CliError(`${kept.file} belongs to a platform on this machine`, {
      hint: 'give another folder as --data, or none',
    });
  }
  return kept?.endpoint;
};

/** Keeps a sign-in where the command line finds it, for its owner only; replaced whole. */
export const keepLogin = (folder: string, { endpoint, token, expiresAt }: Login): string => {
  const file = credentialsFile(folder);
  const draft = join(folder, `.credentials.${process.pid}`);
  const members = { endpoint, operator_token: token, expires_at: expiresAt };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    writeFileSync(draft, `${JSON.stringify(members, null, 2)}\n`, { mode: 0o600, flag: 'wx' });
    renameSync(draft, file);
  } catch (error) {
    rmSync(draft, { force: true });
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    throw new CliError(`${file} cannot be written (${code})`, { cause: error });
  }
  return file;
};

/** Forgets the sign-in of a folder. @returns where it went; undefined when there was none */
export const forgetLogin = (folder: string): string | undefined => {
  const endpoint = lastEndpoint(folder);
  rmSync(credentialsFile(folder), { force: true });
  return endpoint;
};
