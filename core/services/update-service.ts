import { assertRevision } from '../shared/revisions';
import { assertNotManaged, type ChangeNeeds, changeService } from './change-service';
import type { ServiceSettings } from './service';
import type { ServiceDocument } from './service-document';

type Nested = 'throttle' | 'capture' | 'retention';

/** What is left out stays, also within `throttle`, `capture` and `retention`. */
export type ServicePatch = Partial<Omit<ServiceSettings, Nested>> & {
  readonly [N in Nested]?: Partial<ServiceSettings[N]> | undefined;
};

interface Input {
  readonly service: string;
  readonly patch: ServicePatch;
  readonly revision?: number | undefined;
}

/** Changes a service's settings. @throws `managed-by-manifest`, `revision-conflict` */
export const updateService = (needs: ChangeNeeds) => {
  const change = changeService(needs);
  return ({ service: name, patch, revision }: Input): Promise<ServiceDocument> =>
    change(name, (document) => {
      const { service } = document;
      assertRevision(service, revision);
      assertNotManaged(document);
      const { throttle, capture, retention, ...plain } = patch;
      const next = {
        ...service,
        ...plain,
        throttle: { ...service.throttle, ...throttle },
        capture: { ...service.capture, ...capture },
        retention: { ...service.retention, ...retention },
      };
      return { ...document, service: next };
    });
};
