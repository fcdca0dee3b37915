import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { CliError } from '../cli-error';
import { type AwsOptions, awsFailure, clientConfig, sdk } from './sdk';
import { signedFetch } from './signed-fetch';

/** Who asks AWS, where. */
export interface AwsAccount {
  readonly account: string;
  readonly region: string;
  /** `arn:aws:sts::123456789012:assumed-role/Deployer/jane`. */
  readonly caller: string;
  readonly cloudformation: CloudFormationClient;
  /** Asks a service that speaks JSON 1.1: `ask('ssm', 'AmazonSSM.GetParameter', { Name })`. */
  readonly ask: (service: JsonService, target: string, body: object) => Promise<unknown>;
  /** Reads something of API Gateway's: `read('/usageplans', { limit: '500' })`. */
  readonly read: (path: string, query: Readonly<Record<string, string>>) => Promise<unknown>;
}

/** Services that one question is asked of: too little for a client of the SDK each. */
type JsonService = 'ssm' | 'ecr' | 'servicequotas';

const HOSTS: Readonly<Record<JsonService | 'sts' | 'apigateway', string>> = {
  apigateway: 'apigateway',
  servicequotas: 'servicequotas',
  sts: 'sts',
  ssm: 'ssm',
  ecr: 'api.ecr',
};
const TIMEOUT_MS = 30_000;

/**
 * Who the AWS credentials at hand belong to.
 * @throws CliError when there are none, or AWS does not take them
 */
export const openAccount = async (options: AwsOptions): Promise<AwsAccount> => {
  const { CloudFormationClient } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const cloudformation = new CloudFormationClient(clientConfig(options));
  const { config } = cloudformation;
  const region = await config.region().catch((error: unknown) => {
    throw awsFailure(error);
  });
  const send = async (
    service: keyof typeof HOSTS,
    { path = '/', ...request }: { path?: string; method?: 'GET'; headers: Headers; body?: string },
  ) => {
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const host = process.env.AWS_ENDPOINT_URL || `https://${HOSTS[service]}.${region}.${domain}`;
    const { credentials } = config;
    const asked = { ...request, service, region, credentials, timeoutMs: TIMEOUT_MS };
    const response = await signedFetch(new URL(path, host).href, asked);
    const text = await response.text();
    if (!response.ok) throw refusal(response.status, text);
    return text;
  };
  const who = await send('sts', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
  }).catch((error: unknown) => {
    throw awsFailure(error);
  });
  const caller = /<Arn>([^<]+)<\/Arn>/.exec(who)?.[1] ?? '';
  const account = /<Account>(\d+)<\/Account>/.exec(who)?.[1] ?? '';
  return {
    ...{ account, region, caller, cloudformation },
    ask: async (service, target, body) => {
      const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target };
      return JSON.parse(await send(service, { headers, body: JSON.stringify(body) }));
    },
    read: async (path, query) => {
      const asked = `${path}?${new URLSearchParams(query)}`;
      // Otherwise it answers in HAL.
      const headers = { accept: 'application/json' };
      return JSON.parse(await send('apigateway', { path: asked, method: 'GET', headers }));
    },
  };
};

type Headers = Readonly<Record<string, string>>;

/** An error with AWS's name for it, in JSON or XML, as the SDK would throw it. */
const refusal = (status: number, text: string): Error => {
  const name =
    /"__type"\s*:\s*"(?:[^"#]*#)?([^"]+)"/.exec(text)?.[1] ??
    /<Code>([^<]+)<\/Code>/.exec(text)?.[1];
  if (name === undefined) return new CliError(`AWS answered ${status} without a reason`);
  const message =
    /"message"\s*:\s*"([^"]*)"/i.exec(text)?.[1] ?? /<Message>([^<]*)<\/Message>/.exec(text)?.[1];
  return Object.assign(new Error(message ?? name), { name });
};
