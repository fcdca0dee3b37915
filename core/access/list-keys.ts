import { foundService } from '../services/find-service';
import type { Page, PageRequest } from '../shared/page';
import type { Stored } from '../shared/stored';
import type { ApiKey } from './access-types';
import type { KeyNeeds } from './create-key';

/** Keys of a service, revoked ones too, oldest first. @throws `service-not-found` */
export const listKeys =
  ({ keys, guard }: Pick<KeyNeeds, 'keys' | 'guard'>) =>
  async (service: string, page: PageRequest): Promise<Page<Stored<ApiKey>>> => {
    foundService(await guard(service), service);
    return keys.list(service, page);
  };
