import { everyPage } from '../shared/page';
import type { ServiceRecords } from './service-records';

/** The first service that uses a model version; undefined when none does. */
export const modelUser =
  ({ services }: { readonly services: Pick<ServiceRecords, 'listDocuments'> }) =>
  async (model: string, version: number): Promise<string | undefined> => {
    for await (const documents of everyPage(services.listDocuments)) {
      const user = documents.find(({ versions }) =>
        versions.some((v) => v.model.name === model && v.model.version === version),
      );
      if (user) return user.service.name;
    }
    return undefined;
  };
