import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { sdk } from './sdk';

interface Signed {
  /** What AWS calls the service in signatures: `execute-api`. */
  readonly service: string;
  readonly region: string;
  readonly credentials: CloudFormationClient['config']['credentials'];
  /** POST unless told. */
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly timeoutMs: number;
}

/** Sends what the SDK's own signer has signed (SigV4). It follows no redirect. */
export const signedFetch = async (
  url: string,
  { service, region, credentials, method = 'POST', headers = {}, body = '', timeoutMs }: Signed,
): Promise<Response> => {
  const { CloudFormationClient } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  // One for each request: a client keeps the first service that it has signed for.
  const { config } = new CloudFormationClient({ region, credentials });
  const scheme = { name: 'sigv4', signingName: service, signingRegion: region, properties: {} };
  const signer = await config.signer(scheme);
  const { protocol, hostname, port, host, pathname, searchParams } = new URL(url);
  const signed = await signer.sign({
    method,
    ...{ protocol, hostname, path: pathname, query: Object.fromEntries(searchParams), body },
    ...(port !== '' && { port: Number(port) }),
    headers: { host, ...headers },
  });
  // fetch sends the host by itself, and no other.
  const { host: _, ...sent } = signed.headers as Record<string, string>;
  return fetch(url, {
    method,
    headers: sent,
    redirect: 'manual',
    signal: AbortSignal.timeout(timeoutMs),
    ...(body !== '' && { body }),
  });
};
