import { DomainError } from '../shared/domain-error';
import type { Stored } from '../shared/stored';
import type { ServiceVersion } from './service';
import type { ServiceDocument } from './service-document';

/** @throws `service-not-found` */
export const foundService = <T>(found: T | undefined, name: string): T => {
  if (found === undefined)
    throw new DomainError('service-not-found', `there is no service ${name}`);
  return found;
};

/** @throws `version-not-found` */
export const versionOf = (
  { service, versions }: ServiceDocument,
  name: string,
): Stored<ServiceVersion> => {
  const found = versions.find((version) => version.name === name);
  if (!found) throw new DomainError('version-not-found', `${service.name} has no version ${name}`);
  return found;
};
