import type { ServicePlan } from '../../../core/inference/model-host';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import { sumModel } from '../../embedded/local-host-fixture';
import { servicePlan, versionPlan } from './testing/plans';
import { type Findings, versionStates } from './version-states';

const planned = (about: Partial<PlannedVersion> = {}): PlannedVersion => ({
  name: 'v1',
  model: { name: 'sum', digest: 'sha256:0' },
  settings: 's1',
  endpoint: 'e',
  shared: true,
  instanceType: 'ml.m5.large',
  ...about,
});
const endpoint = (status: string, now: number | null = 1) => ({
  status,
  reason: null,
  variants: new Map([['v1', { now, wanted: now }]]),
});
const passed = { version: 'v1', settings: 's1', faults: [], trouble: null };

const found = (about: Partial<Findings> = {}): Findings => ({
  inForce: [planned()],
  models: new Map([['v1', { name: 'sum', version: 1 }]]),
  endpoints: new Map([['e', endpoint('InService')]]),
  gates: [passed],
  failure: null,
  troubles: new Map(),
  settings: new Map([['v1', 's1']]),
  ...about,
});
const plan = (replicas = 1): ServicePlan =>
  servicePlan('wine', [versionPlan('v1', sumModel('sha256:0'), { replicas })]);
const stateOf = (about: Partial<Findings> = {}, replicas = 1) =>
  versionStates(plan(replicas), found(about))[0];

describe('how far a version is', () => {
  it('runs when it is in force, answers and has passed its gate', () => {
    expect(stateOf()).toEqual({
      ...{ name: 'v1', status: 'running', reason: null, wanted: 1, running: 1 },
      serving: { endpoint: 'e', variant: 'v1', model: { name: 'sum', version: 1 } },
    });
    const serverless = new Map([['e', endpoint('InService', null)]]);
    const own = stateOf({ inForce: [planned({ shared: false })], endpoints: serverless });
    expect(own).toMatchObject({ status: 'running', running: 1, serving: { variant: null } });
    expect(stateOf({ models: new Map() })).toMatchObject({ status: 'starting', serving: null });
    const updating = new Map([['e', endpoint('Updating')]]);
    expect(stateOf({ endpoints: updating })).toMatchObject({ status: 'running' });
  });

  it('starts until then, with what keeps it', () => {
    const starting = { status: 'starting', serving: null, running: 0 };
    expect(stateOf({ inForce: [] })).toMatchObject({ ...starting, reason: null });
    expect(stateOf({ gates: [] })).toMatchObject({ ...starting, reason: null });
    const slow = { ...passed, faults: null, trouble: 'not yet' };
    expect(stateOf({ gates: [slow] })).toMatchObject({ ...starting, reason: 'not yet' });
    for (const one of [endpoint('Creating'), endpoint('InService', 0)]) {
      expect(stateOf({ endpoints: new Map([['e', one]]) })).toMatchObject(starting);
    }
  });

  it('has failed when it cannot be brought about, or answers something else', () => {
    const failed = { status: 'failed', serving: null, running: 0 };
    expect(stateOf({ inForce: [], failure: 'no' })).toMatchObject({ ...failed, reason: 'no' });
    const wrong = { ...passed, faults: ['row 0', 'row 1'] };
    const reason = 'its answers are not the expected ones: row 0; row 1';
    expect(stateOf({ gates: [wrong] })).toMatchObject({ ...failed, reason });
    const out = { ...endpoint('OutOfService'), reason: 'capacity' };
    expect(stateOf({ endpoints: new Map([['e', out]]) })).toMatchObject({
      ...failed,
      reason: 'capacity',
    });
  });

  it('goes on as it was while a change of it waits or has failed', () => {
    const settings = new Map([['v1', 's2']]);
    expect(stateOf({ settings })).toMatchObject({ status: 'running', reason: null });
    const reason = 'its change has to wait: no';
    expect(stateOf({ settings, failure: 'no' })).toMatchObject({ status: 'running', reason });
    // The failure of another version is none of its business.
    expect(stateOf({ failure: 'no' })).toMatchObject({ status: 'running', reason: null });
    const troubles = new Map([['v1', 'it keeps 1 instance']]);
    expect(stateOf({ troubles })).toMatchObject({ reason: 'it keeps 1 instance' });
  });

  it('is not asked any more once it is not wanted', () => {
    expect(stateOf({}, 0)).toMatchObject({ status: 'stopping', serving: null, running: 1 });
    expect(stateOf({ inForce: [] }, 0)).toMatchObject({ status: 'stopped', running: 0 });
  });
});
