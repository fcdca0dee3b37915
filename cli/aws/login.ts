import { usageError } from '../cli-error';
import { checkedEndpoint, isLocal } from '../endpoint';
import type { Environment } from '../environment';
import { loginFolder } from '../kept-credentials';
import { type GlobalOptions, openSession } from '../session';
import { localTime } from '../terminal/times';
import { askAdmission } from './admission';
import { forgetLogin, keepLogin, lastEndpoint } from './kept-login';
import type { AwsOptions } from './sdk';

/** What an operator may be, from least to most. */
export const ROLES = ['viewer', 'editor', 'admin'] as const;

interface LoginOptions extends AwsOptions {
  readonly role: (typeof ROLES)[number];
}

/**
 * Signs in to the AWS home with AWS credentials, and keeps the token for the commands that follow.
 * @throws CliError when there are no credentials, IAM says no, or it is no such home
 */
export const login = async (
  environment: Environment,
  options: GlobalOptions & LoginOptions,
): Promise<void> => {
  const folder = folderOf(environment, options);
  // Read in any case: what belongs to a platform is not written over.
  const last = lastEndpoint(folder);
  const given = options.endpoint ?? (environment.env.TIDEGATE_ENDPOINT || last);
  if (given === undefined) {
    throw usageError('say where: --endpoint, the Url that `cdk deploy` printed');
  }
  const endpoint = checkedEndpoint(given);
  if (!isLocal(endpoint) && !endpoint.startsWith('https://')) {
    throw usageError('a token is asked for over https:// only');
  }
  const { operator, token, expires_at } = await askAdmission(endpoint, options);
  const file = keepLogin(folder, { endpoint, token, expiresAt: expires_at });
  const { answer, print, say } = quietSession(environment, { ...options, endpoint });
  await answer({ endpoint, operator, expires_at }, () => {
    const { name, role, data } = operator;
    const who = `${name}, ${role}${data ? ' with data' : ''}`;
    return print(`${who}, at ${endpoint} until ${localTime(expires_at)}`);
  });
  say(`Kept in ${file}; \`tidegate logout\` forgets it.`);
};

/** Forgets what `login` kept. The token itself ends by its time. */
export const logout = async (environment: Environment, options: GlobalOptions): Promise<void> => {
  const endpoint = forgetLogin(folderOf(environment, options));
  const { say } = quietSession(environment, options);
  say(endpoint === undefined ? 'You were not signed in.' : `Signed out of ${endpoint}.`);
};

const folderOf = ({ env }: Environment, { data }: GlobalOptions): string =>
  data ?? (env.TIDEGATE_DATA || loginFolder(env));

/** Without the credentials that are there: they may be those of another home. */
const quietSession = (environment: Environment, options: GlobalOptions) =>
  openSession(environment, options, () => null);
