import { wineBody } from '../support/wine';

/** A way to ask a route. */
export type Sent = readonly [method: string, path: string, body?: unknown];

/** Asks a path for what is there. */
export const get = (path: string): Sent => ['GET', path];

/** What callers of a service may ask for. */
export const predictionRoutes = (service: string): readonly Sent[] => {
  const at = `/services/${service}`;
  const model = `${at}/v2/models/${service}`;
  return [
    ['POST', `${at}/predict`, wineBody],
    ['POST', `${at}/predict`, 'no JSON'],
    ['POST', `${at}/predict`, 'x'.repeat(4_000_001)],
    ['POST', `${at}/invocations`, wineBody],
    ['POST', `${at}/compare`, wineBody],
    get(`${at}/v2`),
    get(`${at}/v2/health/live`),
    get(`${at}/v2/health/ready`),
    get(model),
    get(`${model}/ready`),
    get(`${at}/v2/models/beta/ready`),
    get(`${model}/versions/v1`),
    get(`${model}/versions/v1/ready`),
    ['POST', `${model}/infer`, {}],
    ['POST', `${model}/versions/v1/infer`, {}],
  ];
};

/** Whether a route is the inference protocol's, which has errors of its own shape. */
export const isOfProtocol = ([, path]: Sent): boolean => path.includes('/v2');

/** What every operator may see of a service. */
export const reads = (service: string): readonly string[] =>
  [
    ...['', '/versions', '/versions/v1', '/versions/v1/instances', '/keys', '/events', '/logs'],
    '/tables/status',
  ].map((rest) => `/api/services/${service}${rest}`);

/** A run of it, which there is not. */
export const runs = (service: string): readonly string[] => [
  `/api/services/${service}/tables/runs/none`,
];

/** What only operators with `data` may see of it: bodies. */
export const looks = (service: string): readonly string[] =>
  ['', `/${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}`].map(
    (rest) => `/api/services/${service}/requests${rest}`,
  );

/** What editors may change of it. */
export const writes = (service: string): readonly Sent[] => {
  const at = `/api/services/${service}`;
  return [
    ['PATCH', at, { description: 'x' }],
    ['DELETE', at],
    ['POST', `${at}/start`],
    ['POST', `${at}/stop`],
    ['PUT', `${at}/traffic`, { v1: 100 }],
    ['POST', `${at}/versions`, { name: 'v9' }],
    ['PATCH', `${at}/versions/v1`, {}],
    ['DELETE', `${at}/versions/v1`],
    ['POST', `${at}/versions/v1/start`],
    ['POST', `${at}/versions/v1/stop`],
    ['POST', `${at}/versions/v1/instances/x/restart`],
    ['POST', `${at}/keys`, { name: 'kk' }],
    ['POST', `${at}/keys/x/rotate`],
    ['DELETE', `${at}/keys/x`],
    ['POST', `${at}/tables/refresh`],
  ];
};

/** What is for admins alone. */
export const ofAdmins: readonly Sent[] = [
  get('/api/operators'),
  ['POST', '/api/operators', { name: 'eve', role: 'admin' }],
  ['POST', '/api/operators/x/rotate'],
  ['DELETE', '/api/operators/x'],
  get('/api/audit'),
  ['POST', '/api/services/omega/erasures', { request_ids: [] }],
];

/** What only operators with `data` may ask, of all services at once. */
export const generalLooks: readonly Sent[] = [
  ['POST', '/api/query', { sql: 'SELECT 1' }],
  get('/api/queries/x'),
  get('/api/queries/x/result'),
  ['DELETE', '/api/queries/x'],
];

/** What every operator may see or do without a service. */
export const generalReads: readonly Sent[] = [
  get('/api/me'),
  get('/api/services'),
  get('/api/models'),
  get('/api/models/mine'),
  get('/api/models/mine/versions/1'),
  get('/api/tables'),
  ['DELETE', '/api/session'],
];

/** What editors may change without a service. */
export const generalWrites: readonly Sent[] = [
  ['POST', '/api/services', { name: 'theirs' }],
  ['POST', '/api/models/mine/versions', {}],
  ['DELETE', '/api/models/mine/versions/1'],
  ['POST', '/api/uploads'],
];
