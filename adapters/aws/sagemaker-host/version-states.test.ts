import type { ServicePlan } from '../../../core/inference/model-host';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import { sumModel } from '../../embedded/local-host-fixture';
import type { Gate } from './host-record';
import { servicePlan, versionPlan } from './testing/plans';
import { type Findings, versionStates } from './version-states';

const planned = (endpoint: string): PlannedVersion => ({
  name: 'v1',
  model: { name: 'sum', digest: 'sha256:0' },
  endpoint,
  instanceType: 'ml.m5.large',
});
const endpoint = (status: string, now: number | null = 1) => ({
  status,
  reason: null,
  variants: new Map([['v1', { now, wanted: now }]]),
});
const passed: Gate = {
  ...{ endpoint: 'new', platform: '', passedWith: '', faults: [], trouble: null },
};
const model = sumModel('sha256:0', { version: 1 });

const found = (about: Partial<Findings> = {}): Findings => ({
  inForce: [planned('new')],
  isSettled: true,
  models: new Map([['new', model]]),
  endpoints: new Map([['new', endpoint('InService')]]),
  gates: [passed],
  failure: null,
  behind: null,
  troubles: new Map(),
  targets: new Map([['v1', 'new']]),
  answered: new Map(),
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
      serving: { endpoint: 'new', model: { name: 'sum', version: 1 } },
    });
    const serverless = new Map([['new', endpoint('InService', null)]]);
    expect(stateOf({ endpoints: serverless })).toMatchObject({ status: 'running', running: 1 });
    expect(stateOf({ models: new Map() })).toMatchObject({ status: 'starting', serving: null });
    const updating = new Map([['new', endpoint('Updating')]]);
    expect(stateOf({ endpoints: updating })).toMatchObject({ status: 'running' });
    const troubles = new Map([['v1', 'it keeps 1 instance']]);
    expect(stateOf({ troubles })).toMatchObject({ reason: 'it keeps 1 instance' });
    expect(stateOf({ behind: 'no image' })).toMatchObject({
      ...{ status: 'running', reason: 'no image' },
    });
    // The failure of another version is none of its business.
    expect(stateOf({ failure: 'no' })).toMatchObject({ status: 'running', reason: null });
  });

  it('starts until then, with what keeps it', () => {
    const starting = { status: 'starting', serving: null, running: 0 };
    const nothing = { inForce: [], endpoints: new Map() };
    expect(stateOf(nothing)).toMatchObject({ ...starting, reason: null });
    expect(stateOf({ gates: [] })).toMatchObject({ ...starting, reason: null });
    const slow = { ...passed, faults: null, trouble: 'not yet' };
    expect(stateOf({ gates: [slow] })).toMatchObject({ ...starting, reason: 'not yet' });
    for (const one of [endpoint('Creating'), endpoint('InService', 0)]) {
      expect(stateOf({ endpoints: new Map([['new', one]]) })).toMatchObject(starting);
    }
  });

  it('has failed when it cannot be brought about, or answers something else', () => {
    const failed = { status: 'failed', serving: null, running: 0 };
    const nothing = { inForce: [], endpoints: new Map(), failure: 'no' };
    expect(stateOf(nothing)).toMatchObject({ ...failed, reason: 'no' });
    const wrong = { ...passed, faults: ['row 0', 'row 1'] };
    const reason = 'its answers are not the expected ones: row 0; row 1';
    expect(stateOf({ gates: [wrong] })).toMatchObject({ ...failed, reason });
    const since = { ...wrong, platform: 'ServerImage=b:2 Topic=t', passedWith: 'ServerImage=a:1' };
    expect(stateOf({ gates: [since] })).toMatchObject({
      ...failed,
      reason:
        'its answers are not the expected ones since the platform has ServerImage=b:2 (to go back, deploy it with ServerImage=a:1): row 0; row 1',
    });
    const out = { ...endpoint('OutOfService'), reason: 'capacity' };
    expect(stateOf({ endpoints: new Map([['new', out]]) })).toMatchObject({
      ...failed,
      reason: 'capacity',
    });
    const deleted = { endpoints: new Map() };
    expect(stateOf(deleted)).toMatchObject({
      ...failed,
      reason: expect.stringMatching(/deleted its endpoint/),
    });
    // It is about to be made, as after a stop.
    expect(stateOf({ ...deleted, isSettled: false })).toMatchObject({ status: 'starting' });
  });

  it('goes on where it answered until what shall answer next has passed its gate', () => {
    const both: Partial<Findings> = {
      inForce: [planned('old'), planned('new')],
      models: new Map([
        ['old', model],
        ['new', sumModel('sha256:1', { version: 2 })],
      ]),
      endpoints: new Map([
        ['old', endpoint('InService', 3)],
        ['new', endpoint('InService')],
      ]),
      answered: new Map([['v1', 'old']]),
    };
    const old = { ...passed, endpoint: 'old' };
    const serving = { endpoint: 'old', model: { name: 'sum', version: 1 } };
    const going = { running: 3, serving };
    expect(stateOf({ ...both, gates: [old] })).toMatchObject({
      ...{ ...going, status: 'updating', reason: null },
    });
    const wrong = { ...passed, faults: ['row 0'] };
    expect(stateOf({ ...both, gates: [old, wrong] })).toMatchObject({
      ...{ ...going, status: 'running' },
      reason: 'its change has to wait: its answers are not the expected ones: row 0',
    });
    expect(stateOf({ ...both, gates: [old], failure: 'no' })).toMatchObject({
      ...{ ...going, status: 'running', reason: 'its change has to wait: no' },
    });
    expect(stateOf({ ...both, gates: [old, passed] })).toMatchObject({
      ...{ status: 'running', reason: null, running: 1 },
      serving: { endpoint: 'new', model: { name: 'sum', version: 2 } },
    });
  });

  it('is not asked any more once it is not wanted', () => {
    expect(stateOf({}, 0)).toMatchObject({ status: 'stopping', serving: null, running: 1 });
    expect(stateOf({ inForce: [] }, 0)).toMatchObject({ status: 'stopped', running: 0 });
  });
});
