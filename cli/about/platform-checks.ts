import { CliError } from '../cli-error';
import { itemsOf } from '../list';
import type { Session } from '../session';
import { type Check, note, ok, wrong } from './checks';
import { wayOutOf } from './way-out';

const PATIENCE_MS = 5000;
const MANY = 1000;

const said = (error: unknown): { message: string; hint: string | undefined } => ({
  message: error instanceof Error ? error.message : 'unknown reason',
  hint: error instanceof CliError ? error.hint : undefined,
});

/** Whether the platform is there and ready to predict. */
export const checkEndpoint = async ({ endpoint, sendAs }: Session): Promise<readonly Check[]> => {
  const ask = { method: 'GET', timeoutMs: PATIENCE_MS } as const;
  try {
    await sendAs(undefined)({ ...ask, path: '/healthz' });
  } catch (error) {
    const way = 'start it with `npm start`, or give its address as --endpoint';
    return [wrong('endpoint', said(error).message, way)];
  }
  const reached = ok('endpoint', endpoint);
  try {
    await sendAs(undefined)({ ...ask, path: '/readyz', retry: 'never' });
    return [reached, ok('ready', 'predictions can be answered')];
  } catch (error) {
    const way = 'wait while it starts; what follows says which version does not run';
    return [reached, wrong('ready', said(error).message, way)];
  }
};

/** Whether the operator's token opens the control API. */
export const checkToken = async ({ call }: Session): Promise<Check> => {
  try {
    const { name, role, data } = await call('GET /api/me', { path: {}, timeoutMs: PATIENCE_MS });
    return ok('token', `${name}, ${role}${data ? ' with data' : ''}`);
  } catch (error) {
    const { message, hint } = said(error);
    return wrong('token', message, hint ?? 'set TIDEGATE_TOKEN to a valid token');
  }
};

/** Every version of every service that should run and does not. */
export const checkServices = async (session: Session): Promise<readonly Check[]> => {
  const { items } = await itemsOf(session, 'GET /api/services', { path: {} }, MANY);
  if (items.length === 0) {
    const way = 'tidegate models register NAME PATH, then tidegate services create NAME';
    return [note('services', 'there are none yet', way)];
  }
  const found = await Promise.all(items.map(({ name }) => checkService(session, name)));
  return found.flat();
};

const checkService = async (session: Session, service: string): Promise<readonly Check[]> => {
  const route = 'GET /api/services/{service}/versions';
  const { items } = await itemsOf(session, route, { path: { service } }, MANY);
  const checks = items.flatMap(({ name, status, status_reason, replicas }): readonly Check[] => {
    const title = `${service} ${name}`;
    if (status === 'stopped') return [note(title, 'stopped', null)];
    if (status === 'running' && replicas.running >= replicas.wanted) return [ok(title, 'running')];
    const way = wayOutOf(status_reason, service, name);
    const detail = `${status}, ${replicas.running} of ${replicas.wanted} replicas`;
    const told = status_reason === null ? detail : `${detail}: ${status_reason}`;
    if (status === 'failed') return [wrong(title, told, way)];
    return [status_reason === null ? note(title, told, null) : wrong(title, told, way)];
  });
  if (checks.length > 0) return checks;
  return [note(service, 'has no versions', `tidegate versions add ${service} --model NAME/1`)];
};
