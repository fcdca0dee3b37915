import type { ServiceRecords } from './service-records';

/** The first service that uses a model version; undefined when none does. */
export const modelUser =
  ({ services }: { readonly services: Pick<ServiceRecords, 'listDocuments'> }) =>
  async (model: string, version: number): Promise<string | undefined> => {
    let cursor: string | undefined;
    do {
      const { items, next_cursor } = await services.listDocuments({ limit: 100, cursor });
      const user = items.find(({ versions }) =>
        versions.some((v) => v.model.name === model && v.model.version === version),
      );
      if (user) return user.service.name;
      cursor = next_cursor ?? undefined;
    } while (cursor !== undefined);
    return undefined;
  };
