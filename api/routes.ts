import type { OperatorRole } from '../core/access/access-types';
import type { Endpoint } from './http';

type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** One line of the table of routes. */
export interface Route {
  /** The Lambda that answers; the folder of the endpoint. */
  readonly capability: 'about' | 'models' | 'services' | 'access' | 'capture' | 'tables';
  readonly method: Method;
  readonly path: `/${string}`;
  /** The least role that may call; `anyone` needs no credential. */
  readonly access: OperatorRole | 'anyone';
  /** The route shows bodies: it needs the grant `data`, and looking is audited. */
  readonly data?: true;
  /** In the AWS home the edge asks for a signature with AWS credentials, and IAM decides. */
  readonly signed?: true;
  /** The member of the body that stands in the audit, such as a statement. */
  readonly audited?: string;
}

type Routes = Record<string, Route>;

const about = {
  getOpenApi: { capability: 'about', method: 'GET', path: '/openapi.json', access: 'anyone' },
  getHealth: { capability: 'about', method: 'GET', path: '/healthz', access: 'anyone' },
  getReadiness: { capability: 'about', method: 'GET', path: '/readyz', access: 'anyone' },
} as const satisfies Routes;

const models = {
  listModels: { capability: 'models', method: 'GET', path: '/api/models', access: 'viewer' },
  getModel: { capability: 'models', method: 'GET', path: '/api/models/{model}', access: 'viewer' },
  registerVersion: {
    capability: 'models',
    method: 'POST',
    path: '/api/models/{model}/versions',
    access: 'editor',
  },
  getModelVersion: {
    capability: 'models',
    method: 'GET',
    path: '/api/models/{model}/versions/{number}',
    access: 'viewer',
  },
  deleteModelVersion: {
    capability: 'models',
    method: 'DELETE',
    path: '/api/models/{model}/versions/{number}',
    access: 'editor',
  },
  createUpload: { capability: 'models', method: 'POST', path: '/api/uploads', access: 'editor' },
} as const satisfies Routes;

const ofService = <const M extends Method, const P extends string, const A extends OperatorRole>(
  method: M,
  rest: P,
  access: A,
) => ({ capability: 'services', method, path: `/api/services/{service}${rest}`, access }) as const;

const services = {
  listServices: { capability: 'services', method: 'GET', path: '/api/services', access: 'viewer' },
  createService: {
    capability: 'services',
    method: 'POST',
    path: '/api/services',
    access: 'editor',
  },
  getService: ofService('GET', '', 'viewer'),
  updateService: ofService('PATCH', '', 'editor'),
  deleteService: ofService('DELETE', '', 'editor'),
  startService: ofService('POST', '/start', 'editor'),
  stopService: ofService('POST', '/stop', 'editor'),
  setTraffic: ofService('PUT', '/traffic', 'editor'),
  listVersions: ofService('GET', '/versions', 'viewer'),
  addVersion: ofService('POST', '/versions', 'editor'),
  getVersion: ofService('GET', '/versions/{version}', 'viewer'),
  updateVersion: ofService('PATCH', '/versions/{version}', 'editor'),
  deleteVersion: ofService('DELETE', '/versions/{version}', 'editor'),
  startVersion: ofService('POST', '/versions/{version}/start', 'editor'),
  stopVersion: ofService('POST', '/versions/{version}/stop', 'editor'),
  listInstances: ofService('GET', '/versions/{version}/instances', 'viewer'),
  restartInstance: ofService('POST', '/versions/{version}/instances/{instance}/restart', 'editor'),
  listEvents: ofService('GET', '/events', 'viewer'),
  findLogs: ofService('GET', '/logs', 'viewer'),
} as const satisfies Routes;

const access = {
  listKeys: { ...ofService('GET', '/keys', 'viewer'), capability: 'access' },
  createKey: { ...ofService('POST', '/keys', 'editor'), capability: 'access' },
  rotateKey: { ...ofService('POST', '/keys/{key}/rotate', 'editor'), capability: 'access' },
  revokeKey: { ...ofService('DELETE', '/keys/{key}', 'editor'), capability: 'access' },
  getMe: { capability: 'access', method: 'GET', path: '/api/me', access: 'viewer' },
  createSession: { capability: 'access', method: 'POST', path: '/api/session', access: 'anyone' },
  admitCaller: {
    capability: 'access',
    method: 'POST',
    path: '/api/session/{role}',
    access: 'anyone',
    signed: true,
  },
  endSession: { capability: 'access', method: 'DELETE', path: '/api/session', access: 'viewer' },
  listOperators: { capability: 'access', method: 'GET', path: '/api/operators', access: 'admin' },
  createOperator: {
    capability: 'access',
    method: 'POST',
    path: '/api/operators',
    access: 'admin',
  },
  rotateOperator: {
    capability: 'access',
    method: 'POST',
    path: '/api/operators/{operator}/rotate',
    access: 'admin',
  },
  deleteOperator: {
    capability: 'access',
    method: 'DELETE',
    path: '/api/operators/{operator}',
    access: 'admin',
  },
  listAudit: { capability: 'access', method: 'GET', path: '/api/audit', access: 'admin' },
} as const satisfies Routes;

const capture = {
  findRequests: {
    ...ofService('GET', '/requests', 'viewer'),
    capability: 'capture',
    data: true,
  },
  getRequest: {
    ...ofService('GET', '/requests/{request_id}', 'viewer'),
    capability: 'capture',
    data: true,
  },
} as const satisfies Routes;

const tables = {
  listTables: { capability: 'tables', method: 'GET', path: '/api/tables', access: 'viewer' },
  runQuery: {
    capability: 'tables',
    method: 'POST',
    path: '/api/query',
    access: 'viewer',
    data: true,
    audited: 'sql',
  },
  getQuery: {
    capability: 'tables',
    method: 'GET',
    path: '/api/queries/{query}',
    access: 'viewer',
    data: true,
  },
  getQueryResult: {
    capability: 'tables',
    method: 'GET',
    path: '/api/queries/{query}/result',
    access: 'viewer',
    data: true,
  },
  cancelQuery: {
    capability: 'tables',
    method: 'DELETE',
    path: '/api/queries/{query}',
    access: 'viewer',
    data: true,
  },
  eraseData: { ...ofService('POST', '/erasures', 'admin'), capability: 'tables' },
  refreshTables: { ...ofService('POST', '/tables/refresh', 'editor'), capability: 'tables' },
  getTablesRun: { ...ofService('GET', '/tables/runs/{run}', 'viewer'), capability: 'tables' },
  getTablesStatus: { ...ofService('GET', '/tables/status', 'viewer'), capability: 'tables' },
} as const satisfies Routes;

/**
 * The control API as one table: API Gateway is built from it, the Lambdas and the embedded server
 * dispatch on it. Routes under `/services/` are in `api/inference`.
 */
export const routes = { ...about, ...models, ...services, ...access, ...capture, ...tables };

/** A route's name, which is also the action in the audit. */
export type RouteName = keyof typeof routes;
/** The folder that answers a route. */
export type Capability = Route['capability'];

/** The routes of a capability. */
export type RouteOf<C extends Capability> = {
  [N in RouteName]: (typeof routes)[N]['capability'] extends C ? N : never;
}[RouteName];

/** Every route of these capabilities, answered. Forget one and it does not compile. */
export type Endpoints<C extends Capability = Capability> = Readonly<Record<RouteOf<C>, Endpoint>>;

/** Every route with its name. */
export const routeEntries = Object.entries(routes) as [RouteName, Route][];
