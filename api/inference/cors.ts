import type { Service } from '../../core/services/service';
import type { EdgeAnswer } from './edge';

const EXPOSED = 'x-request-id, x-tidegate-version, server-timing, retry-after';
const ALLOWED =
  'authorization, x-api-key, content-type, x-client-request-id, x-tidegate-version, x-tidegate-split-key';

/** Headers that let a page of one of the service's `cors_origins` read an answer; none for others. */
export const corsHeaders = (
  { cors_origins }: Pick<Service, 'cors_origins'>,
  origin: string | undefined,
): readonly string[] => {
  if (origin === undefined || cors_origins.length === 0) return [];
  const exposed = ['access-control-expose-headers', EXPOSED];
  if (cors_origins.includes('*')) return ['access-control-allow-origin', '*', ...exposed];
  if (!cors_origins.includes(origin)) return [];
  return ['access-control-allow-origin', origin, 'vary', 'origin', ...exposed];
};

/** The answer to a preflight request; null when the origin is not one of the service's. */
export const preflight = (
  service: Pick<Service, 'cors_origins'> | undefined,
  origin: string | undefined,
  method: string,
): EdgeAnswer | null => {
  const headers = service ? corsHeaders(service, origin) : [];
  if (headers.length === 0) return null;
  return {
    status: 204,
    contentType: '',
    body: '',
    headers: [
      ...headers,
      'access-control-allow-methods',
      method,
      'access-control-allow-headers',
      ALLOWED,
      'access-control-max-age',
      '600',
    ],
    modelMs: null,
  };
};
