import { readCredentials } from '../credentials';
import { isLocal } from '../endpoint';
import type { Environment } from '../environment';
import { type GlobalOptions, openSession, type Session } from '../session';
import { type Check, wrong } from './checks';
import { checkCredentialsMode, checkDataFolder, checkNode, checkPython } from './machine-checks';
import { checkEndpoint, checkServices, checkToken } from './platform-checks';
import { tellChecks } from './tell-checks';

/**
 * Checks this machine, the platform and its services.
 * @throws CliError when anything is wrong, after all of it was printed
 */
export const diagnose = async (environment: Environment, options: GlobalOptions): Promise<void> => {
  let damaged: Check | null = null;
  const session = openSession(environment, options, (folder) => {
    try {
      return readCredentials(folder);
    } catch (error) {
      const detail = error instanceof Error ? error.message : 'cannot be read';
      damaged = wrong(
        'credentials',
        detail,
        'let this user read it, or remove it and start the platform again',
      );
      return null;
    }
  });
  const { dataFolder, operatorToken, endpoint } = session;
  const checks = [
    checkNode(process.version),
    damaged ?? checkCredentialsMode(dataFolder, operatorToken !== undefined),
    ...(isLocal(endpoint) ? [checkDataFolder(dataFolder)] : []),
    await checkPython(environment),
    ...(await checkPlatform(session)),
  ];
  await tellChecks(session, checks);
};

const checkPlatform = async (session: Session): Promise<readonly Check[]> => {
  const endpoint = await checkEndpoint(session);
  if (endpoint.length === 1) return endpoint;
  const token = await checkToken(session);
  if (token.status === 'wrong') return [...endpoint, token];
  const services = await checkServices(session).catch((error: unknown) => {
    const detail = error instanceof Error ? error.message : 'unknown reason';
    return [wrong('services', detail, 'see the platform’s own log')];
  });
  return [...endpoint, token, ...services];
};
