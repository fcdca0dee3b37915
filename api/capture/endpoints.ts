import type { findRequests } from '../../core/capture/find-requests';
import type { getRequest } from '../../core/capture/get-request';
import { endpoints } from '../endpoints';
import { captureContracts } from './contracts';

interface Needs {
  readonly findRequests: ReturnType<typeof findRequests>;
  readonly getRequest: ReturnType<typeof getRequest>;
}

/** Looking captured requests up. */
export const captureEndpoints = ({ findRequests, getRequest }: Needs) =>
  endpoints<'capture'>(captureContracts, {
    findRequests: async ({ path, query: { version, status, ...query } }) => {
      const filter = { ...query, service_version: version, status_code: status };
      const { items, next_cursor } = await findRequests({ ...path, ...filter });
      return { items: [...items], next_cursor };
    },
    getRequest: ({ path }) => getRequest(path.service, path.request_id),
  });
