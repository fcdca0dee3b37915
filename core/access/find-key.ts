import { foundService } from '../services/find-service';
import { DomainError } from '../shared/domain-error';
import type { Stored } from '../shared/stored';
import type { KeyNeeds } from './create-key';
import type { KeyRow } from './key-records';

/** @throws `service-not-found`, `not-found` */
export const findKey = async (
  { keys, guard }: Pick<KeyNeeds, 'keys' | 'guard'>,
  service: string,
  id: string,
): Promise<Stored<KeyRow>> => {
  foundService(await guard(service), service);
  const key = await keys.find(service, id);
  if (!key) throw new DomainError('not-found', `${service} has no key of that id`);
  return key;
};
