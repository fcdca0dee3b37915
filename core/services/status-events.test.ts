import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import type { VersionState } from '../inference/model-host';
import type { ServiceDocument } from './service-document';
import type { Happening } from './service-events';
import { sharedStatusEvents, statusEvents } from './status-events';

const now = () => new Date('2026-01-14T12:00:00Z');
const document = {
  service: { name: 'wine', wanted: 'running', traffic: { v1: 100 } },
  versions: [{ name: 'v1', wanted: 'running' }],
} as unknown as ServiceDocument;
const state = (status: VersionState['status'], reason: string | null = null): VersionState => ({
  ...{ name: 'v1', status, reason, wanted: 1, running: status === 'running' ? 1 : 0 },
});

const twoProcesses = () => {
  const store = sqliteRecordStore(':memory:', { now });
  const told: Happening[] = [];
  const happened = (happening: Happening) => void told.push(happening);
  const [one, another] = [
    sharedStatusEvents(store, { happened }),
    sharedStatusEvents(store, { happened }),
  ];
  return { one, another, told, close: () => store.close() };
};
const short = (told: readonly Happening[]) =>
  told.map(({ resource_kind, resource_name, type }) => `${resource_kind} ${resource_name} ${type}`);

describe('events of statuses', () => {
  it('tell each change once, with the reason of a failure', () => {
    const told: Happening[] = [];
    const statuses = statusEvents({ happened: (happening) => void told.push(happening) });
    for (const status of ['starting', 'starting', 'failed'] as const) {
      statuses.observe(document, [state(status, status === 'failed' ? 'no such file' : null)]);
    }
    expect(short(told)).toEqual([
      ...['version v1 starting', 'service wine starting'],
      ...['version v1 failed', 'service wine failed'],
    ]);
    expect(told[2]).toMatchObject({ level: 'error', message: 'no such file' });
  });

  it('tell once what keeps a version that runs, and when that is over', () => {
    const told: Happening[] = [];
    const statuses = statusEvents({ happened: (happening) => void told.push(happening) });
    for (const reason of [null, 'its change has to wait', 'its change has to wait', null]) {
      statuses.observe(document, [state('running', reason)]);
    }
    expect(
      told.map(({ resource_kind, level, message }) => [resource_kind, level, message]),
    ).toEqual([
      ['version', 'info', 'It is running.'],
      ['service', 'info', 'It is running.'],
      ['version', 'warning', 'It is running, but its change has to wait'],
      ['version', 'info', 'It is running.'],
    ]);
  });

  it('are told by one of many processes', async () => {
    const { one, another, told, close } = twoProcesses();
    await one.observe(document, [state('starting')]);
    await another.observe(document, [state('starting')]);
    await Promise.all([one, another].map((each) => each.observe(document, [state('running')])));
    expect(short(told)).toEqual([
      ...['version v1 starting', 'service wine starting'],
      ...['version v1 running', 'service wine running'],
    ]);
    close();
  });

  it('begin anew with a service that takes the name of one that is gone', async () => {
    const { one, another, told, close } = twoProcesses();
    await one.observe(document, [state('running')]);
    await one.forget('wine');
    await one.forget('wine');
    await another.observe(document, [state('running')]);
    expect(short(told).filter((text) => text === 'service wine running')).toHaveLength(2);
    close();
  });
});
