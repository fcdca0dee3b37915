import type { Stored } from '../services/service';
import type { Page, PageRequest } from '../shared/page';
import type { ApiKey } from './access-types';
import { type KeyNeeds, noService } from './create-key';

/** Keys of a service, revoked ones too, oldest first. @throws `service-not-found` */
export const listKeys =
  ({ keys, guard }: Pick<KeyNeeds, 'keys' | 'guard'>) =>
  async (service: string, page: PageRequest): Promise<Page<Stored<ApiKey>>> => {
    if (!(await guard(service))) throw noService(service);
    return keys.list(service, page);
  };
