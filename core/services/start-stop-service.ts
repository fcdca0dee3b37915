import { assertRevision } from '../shared/revisions';
import { type ChangeNeeds, changeService } from './change-service';
import type { Service } from './service';
import type { ServiceDocument } from './service-document';

interface Input {
  readonly service: string;
  readonly revision?: number | undefined;
}

const want = (wanted: Service['wanted']) => (needs: ChangeNeeds) => {
  const change = changeService(needs);
  return ({ service: name, revision }: Input): Promise<ServiceDocument> =>
    change(name, (document) => {
      assertRevision(document.service, revision);
      return { ...document, service: { ...document.service, wanted } };
    });
};

/** Starts what ran when the service was stopped. @throws `revision-conflict` */
export const startService = want('running');

/** Stops every version; each remembers whether it ran. @throws `revision-conflict` */
export const stopService = want('stopped');
