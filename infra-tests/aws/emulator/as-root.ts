import type { Emulator } from './start';

/** Headers of a call that the account's root has signed for a service: the emulator reads whose key it is. */
export const signedFor = (service: string): Readonly<Record<string, string>> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=test/20261121/us-east-1/${service}/aws4_request, SignedHeaders=host;x-amz-date, Signature=0`,
});

/** A call of an operation, such as `AWSGlue.GetTables`, of a service whose SDK is not among the packages. */
export const callAsRoot = async (
  { endpoint }: Pick<Emulator, 'endpoint'>,
  service: string,
  target: string,
  input: object,
) => {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      ...signedFor(service),
      ...{ 'x-amz-target': target, 'content-type': 'application/x-amz-json-1.1' },
    },
    body: JSON.stringify(input),
  });
  const body = await response.text();
  if (!response.ok) throw new Error(`${target}: ${body}`);
  return JSON.parse(body);
};
