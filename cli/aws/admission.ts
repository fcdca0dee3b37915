import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from '../cli-error';
import { type AnswerTo, jsonOf } from '../control-api';
import { type Answered, refused, unreached } from '../refusals';
import { type AwsOptions, awsFailure, clientConfig, sdk } from './sdk';
import { signedFetch } from './signed-fetch';

type Admission = AnswerTo<'POST /api/session/{role}'>;

interface Asked extends AwsOptions {
  readonly role: string;
}

const TIMEOUT_MS = 30_000;
const OF_API = /^([a-z0-9]+)\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/**
 * Asks the AWS home at an endpoint for a token, with AWS credentials. The Region is the one that the
 * address names, else the given one, else the profile's.
 * @throws CliError when there are no credentials, IAM says no, or it is no such home
 */
export const askAdmission = async (
  endpoint: string,
  { role, profile, region }: Asked,
): Promise<Admission> => {
  const { CloudFormationClient } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const named = OF_API.exec(new URL(endpoint).hostname)?.[2] ?? region;
  // A client of any service would do: it has the chain of credentials.
  const { config } = new CloudFormationClient(
    clientConfig({ ...(profile && { profile }), ...(named && { region: named }) }),
  );
  const signing = await readied(config);
  const answer = await post(`${endpoint}/api/session/${role}`, endpoint, {
    credentials: config.credentials,
    region: signing,
  });
  if (answer.status === 403) throw forbidden(answer, endpoint, signing, role);
  if (answer.status < 200 || answer.status > 299) throw refused(endpoint, answer);
  return admissionIn(endpoint, answer);
};

/** Finds credentials and Region first, so that what fails after it is the way to the endpoint. */
const readied = async (config: CloudFormationClient['config']): Promise<string> => {
  try {
    await config.credentials();
    return await config.region();
  } catch (error) {
    throw awsFailure(error);
  }
};

const post = async (
  url: string,
  endpoint: string,
  as: Pick<Parameters<typeof signedFetch>[1], 'credentials' | 'region'>,
): Promise<Answered> => {
  try {
    const response = await signedFetch(url, {
      ...{ service: 'execute-api', timeoutMs: TIMEOUT_MS, ...as },
      headers: { accept: 'application/json' },
    });
    const { status, headers } = response;
    return { status, headers, text: await response.text() };
  } catch (error) {
    throw unreached(endpoint, error, TIMEOUT_MS);
  }
};

const forbidden = (
  { text }: Answered,
  endpoint: string,
  region: string,
  role: string,
): CliError => {
  const { hostname, pathname } = new URL(endpoint);
  const api = OF_API.exec(hostname)?.[1] ?? '*';
  const stage = pathname.split('/').at(-1) || '*';
  const right = `execute-api:Invoke on arn:aws:execute-api:${region}:*:${api}/${stage}/POST/api/session/${role}`;
  return new CliError(`IAM does not let you sign in as ${role} at ${endpoint}${said(text)}`, {
    hint: `your policy must allow ${right}; or give another --role, --profile or --region`,
  });
};

/** What API Gateway, or the platform, says about it. */
const said = (text: string): string => {
  try {
    const { Message, message, detail } = JSON.parse(text) as Readonly<Record<string, unknown>>;
    const words = Message ?? detail ?? message;
    return typeof words === 'string' ? `: ${words}` : '';
  } catch {
    return '';
  }
};

const admissionIn = (endpoint: string, answer: Answered): Admission => {
  const { operator, token, expires_at } = (jsonOf(answer) ?? {}) as Partial<Admission>;
  const isWhole =
    typeof operator?.name === 'string' &&
    typeof token === 'string' &&
    /^tgo-[\x21-\x7e]+$/.test(token) &&
    typeof expires_at === 'string' &&
    !Number.isNaN(Date.parse(expires_at));
  if (operator && token && expires_at && isWhole) return { operator, token, expires_at };
  throw new CliError(`${endpoint} does not answer as Tidegate does: is it another server?`);
};
