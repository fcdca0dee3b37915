import type { VersionState } from '../inference/model-host';
import { serviceStatus, versionStatus, versionStatuses } from './service-status';
import { newService, openServices, version } from './services-fixture';

const state = (name: string, status: VersionState['status'], reason: string | null = null) => ({
  name,
  status,
  reason,
  wanted: 1,
  running: status === 'running' ? 1 : 0,
});

describe("a version's status", () => {
  it.each([
    ['starting', 'starting'],
    ['running', 'running'],
    ['failed', 'failed'],
    ['stopping', 'starting'],
    ['stopped', 'starting'],
  ] as const)('is, while the host says %s and it is wanted, %s', (host, status) => {
    expect(versionStatus(true, state('v1', host)).status).toBe(status);
  });

  it.each([
    ['starting', 'stopping'],
    ['running', 'stopping'],
    ['stopping', 'stopping'],
    ['stopped', 'stopped'],
    ['failed', 'stopped'],
  ] as const)('is, while the host says %s and it is not wanted, %s', (host, status) => {
    expect(versionStatus(false, state('v1', host)).status).toBe(status);
  });

  it('is starting or stopped before the host says anything', () => {
    expect(versionStatus(true, undefined).status).toBe('starting');
    expect(versionStatus(false, undefined).status).toBe('stopped');
  });

  it('comes with the reason the host gives', () => {
    expect(versionStatus(true, state('v1', 'failed', 'no such file')).reason).toBe('no such file');
  });
});

describe("a service's status", () => {
  const statusOf = async (
    states: readonly VersionState[],
    { stopped = false, traffic = { v1: 100 } }: { stopped?: boolean; traffic?: object } = {},
  ) => {
    const { create, services } = openServices();
    await create(newService('wine', ...states.map(({ name }) => version(name))));
    const document = await services.read('wine');
    if (!document) throw new Error('it was just created');
    const wanted = stopped ? ('stopped' as const) : ('running' as const);
    const service = { ...document.service, wanted, traffic: { ...traffic } as { v1: number } };
    const changed = { ...document, service };
    return serviceStatus(changed, versionStatuses(changed, states));
  };

  it.each([
    ['draft', []],
    ['starting', [state('v1', 'starting')]],
    ['running', [state('v1', 'running')]],
    ['updating', [state('v1', 'running'), state('v2', 'starting')]],
    ['starting', [state('v1', 'starting'), state('v2', 'running')]],
  ] as const)('is %s', async (status, states) => {
    await expect(statusOf(states)).resolves.toEqual({ status, reason: null });
  });

  it('is failed, with each reason, when no version that gets traffic runs', async () => {
    const states = [state('v1', 'failed', 'no such file'), state('v2', 'running')];
    await expect(statusOf(states)).resolves.toEqual({
      status: 'failed',
      reason: 'v1 failed: no such file',
    });
  });

  it('is running, and names what failed, when another version gets traffic too', async () => {
    const states = [state('v1', 'failed'), state('v2', 'running')];
    await expect(statusOf(states, { traffic: { v1: 50, v2: 50 } })).resolves.toEqual({
      status: 'running',
      reason: 'v1 failed: its log says more',
    });
  });

  it('is running, not stopped, while a version without traffic runs', async () => {
    const { create, services, add } = openServices();
    await create(newService('wine', { ...version('v1'), start: false }));
    await add({ ...version('v2'), service: 'wine', by: 'ann' });
    const document = await services.read('wine');
    if (!document) throw new Error('it was just created');
    const states = [state('v1', 'stopped'), state('v2', 'running')];
    expect(serviceStatus(document, versionStatuses(document, states))).toEqual({
      status: 'running',
      reason: 'no version that gets traffic is started',
    });
  });

  it('is stopping until the last version has stopped', async () => {
    const stopping = [state('v1', 'stopped'), state('v2', 'running')];
    await expect(statusOf(stopping, { stopped: true })).resolves.toMatchObject({
      status: 'stopping',
    });
    const stopped = [state('v1', 'stopped'), state('v2', 'failed')];
    await expect(statusOf(stopped, { stopped: true })).resolves.toEqual({
      status: 'stopped',
      reason: null,
    });
  });
});
