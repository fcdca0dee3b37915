/** Digest of a text in hexadecimal. */
export type Digest = (text: string) => string;

const prefix = (stage: string): string => `tidegate-${stage}`;

/** The stack of a service. */
export const serviceStackName = (stage: string, service: string): string =>
  `${prefix(stage)}-service-${service}`;

/** The service whose stack has this name, or an ARN with it; undefined for any other stack. */
export const serviceOfStack = (stage: string, stack: string): string | undefined => {
  const name = stack.split('/').at(stack.startsWith('arn:') ? 1 : 0) ?? '';
  const start = serviceStackName(stage, '');
  return name.startsWith(start) ? name.slice(start.length) : undefined;
};

/** What belongs to a service as a whole: shared endpoint, delivery stream, usage plan. */
export const serviceResourceName = (stage: string, service: string): string =>
  `${prefix(stage)}-${service}`;

const OWN_DIGITS = 8;

/** The endpoint of a version that cannot share one. */
export const ownEndpointName = (
  stage: string,
  service: string,
  version: string,
  digest: Digest,
): string => `${serviceResourceName(stage, service)}-${digest(version).slice(0, OWN_DIGITS)}`;

/** The service whose shared endpoint has this name, and the one that may have it as a version's own. */
export const servicesOfEndpoint = (stage: string, endpoint: string): readonly string[] => {
  const start = serviceResourceName(stage, '');
  if (!endpoint.startsWith(start)) return [];
  const name = endpoint.slice(start.length);
  const owner = /^(.+)-[0-9a-f]{8}$/.exec(name)?.[1];
  return owner === undefined ? [name] : [owner, name];
};

/** As `usageKeyOf`, where a service has no usage plan: in capitals, which no service's name has. */
export const anyUsageKeyOf = (stage: string): string => usageKeyOf(stage, 'ANY');

/** Value of the service's API key: no secret, it only says which usage plan counts a call. */
export const usageKeyOf = (stage: string, service: string): string =>
  `${serviceResourceName(stage, service)}-usage-key`;

/**
 * A version's part of a logical id. Names have no capitals, so `X` stands for the hyphen that ids
 * may not have, and no two names have the same id.
 */
export const logicalPart = (version: string): string =>
  `${version.charAt(0).toUpperCase()}${version.slice(1).replaceAll('-', 'X')}`;
