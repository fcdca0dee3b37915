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

/** The service whose stack has an alarm of this name, which is CloudFormation's; undefined for any other. */
export const serviceOfAlarm = (stage: string, alarm: string): string | undefined => {
  const start = serviceStackName(stage, '');
  if (!alarm.startsWith(start)) return undefined;
  return /^([a-z0-9-]+)-Alarm[A-Za-z0-9]+-[A-Za-z0-9]+$/.exec(alarm.slice(start.length))?.[1];
};

/** What belongs to a service as a whole: delivery stream, usage plan. */
export const serviceResourceName = (stage: string, service: string): string =>
  `${prefix(stage)}-${service}`;

const GENERATION_DIGITS = 8;

/** Tells apart how a version was set up one time and another. */
export const generationOf = (version: string, settings: string, digest: Digest): string =>
  digest(JSON.stringify([version, settings])).slice(0, GENERATION_DIGITS);

/** The endpoint of one generation of a version. */
export const endpointName = (stage: string, service: string, generation: string): string =>
  `${serviceResourceName(stage, service)}-${generation}`;

/** The generation whose endpoint has this name. */
export const generationAt = (endpoint: string): string => endpoint.slice(-GENERATION_DIGITS);

/** The service whose endpoint has this name; undefined for any other endpoint. */
export const serviceOfEndpoint = (stage: string, endpoint: string): string | undefined => {
  const start = serviceResourceName(stage, '');
  if (!endpoint.startsWith(start)) return undefined;
  return /^(.+)-[0-9a-f]{8}$/.exec(endpoint.slice(start.length))?.[1];
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

/** A version's part of the logical ids of one generation: generations stand side by side in a template. */
export const generationPart = (version: string, endpoint: string): string =>
  `${logicalPart(version)}${generationAt(endpoint)}`;
