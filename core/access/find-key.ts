import type { Stored } from '../services/service';
import { DomainError } from '../shared/domain-error';
import { type KeyNeeds, noService } from './create-key';
import type { KeyRow } from './key-records';

/** @throws `service-not-found`, `not-found` */
export const findKey = async (
  { keys, guard }: Pick<KeyNeeds, 'keys' | 'guard'>,
  service: string,
  id: string,
): Promise<Stored<KeyRow>> => {
  if (!(await guard(service))) throw noService(service);
  const key = await keys.find(service, id);
  if (!key) throw new DomainError('not-found', `${service} has no key of that id`);
  return key;
};
