import type { ServicePlan, VersionPlan } from '../../../core/inference/model-host';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import type { EndpointView } from './endpoint-views';
import type { FoundVersion, Gate, Serving } from './host-record';

/** What one look at a service found. */
export interface Findings {
  readonly inForce: readonly PlannedVersion[];
  /** Of the versions in force, by name; one that is not registered any more is not asked. */
  readonly models: ReadonlyMap<string, Serving['model']>;
  readonly endpoints: ReadonlyMap<string, EndpointView>;
  readonly gates: readonly Gate[];
  /** Why what is wanted could not be brought about; null while it can still be. */
  readonly failure: string | null;
  /** Why single versions keep another count than the wanted one. */
  readonly troubles: ReadonlyMap<string, string>;
  /** Of the wanted versions, by name. */
  readonly settings: ReadonlyMap<string, string>;
}

/** Endpoints of these statuses answer nothing. */
const SILENT = new Set(['Creating', 'Failed', 'OutOfService']);

/** A version in force on an endpoint that answers. */
export interface LiveVersion {
  readonly planned: PlannedVersion;
  /** Instances that answer; 1 for serverless. */
  readonly running: number;
  readonly serving: Serving;
}

/** Where a version in force answers; undefined while it does not. */
export const liveVersion = (
  { inForce, models, endpoints }: Pick<Findings, 'inForce' | 'models' | 'endpoints'>,
  name: string,
): LiveVersion | undefined => {
  const planned = inForce.find((one) => one.name === name);
  const view = planned && endpoints.get(planned.endpoint);
  const variant = view?.variants.get(name);
  const model = models.get(name);
  if (!planned || !variant || !model || SILENT.has(view?.status ?? '')) return undefined;
  const { endpoint, shared } = planned;
  const serving = { endpoint, variant: shared ? name : null, model };
  return { planned, running: variant.now ?? 1, serving };
};

type Found = Pick<FoundVersion, 'status' | 'reason' | 'running' | 'serving'>;

const IDLE = { running: 0, serving: null };

/** How far every version of a plan is. */
export const versionStates = (
  { versions }: ServicePlan,
  found: Findings,
): readonly FoundVersion[] =>
  versions.map((version) => ({
    name: version.name,
    wanted: version.replicas,
    ...(version.replicas > 0 ? wantedState(version, found) : idleState(version, found)),
  }));

const idleState = ({ name }: VersionPlan, found: Findings): Found => {
  const live = liveVersion(found, name);
  if (!live) return { ...IDLE, status: 'stopped', reason: null };
  return { ...IDLE, status: 'stopping', reason: found.failure, running: live.running };
};

/** What came of the gate of a version as it is in force. */
export const gateOf = (
  gates: readonly Gate[],
  { name, settings }: Pick<PlannedVersion, 'name' | 'settings'>,
): Gate | undefined => gates.find((one) => one.version === name && one.settings === settings);

const wantedState = ({ name }: VersionPlan, found: Findings): Found => {
  const { failure } = found;
  const live = liveVersion(found, name);
  if (!live) return notLive(name, found);
  const isOld = live.planned.settings !== found.settings.get(name);
  const gate = gateOf(found.gates, live.planned);
  if (!gate || gate.faults === null || live.running === 0) {
    const reason = gate?.trouble ?? (isOld ? failure : null);
    return { ...IDLE, status: 'starting', reason };
  }
  if (gate.faults.length > 0) {
    const reason = `its answers are not the expected ones: ${gate.faults.join('; ')}`;
    return { ...IDLE, status: 'failed', reason };
  }
  const { running, serving } = live;
  const change = isOld && failure !== null ? `its change has to wait: ${failure}` : null;
  return {
    status: 'running',
    reason: change ?? found.troubles.get(name) ?? null,
    running,
    serving,
  };
};

const notLive = (name: string, { inForce, endpoints, failure }: Findings): Found => {
  const planned = inForce.find((one) => one.name === name);
  const endpoint = planned && endpoints.get(planned.endpoint);
  const isBroken = endpoint?.status === 'Failed' || endpoint?.status === 'OutOfService';
  const reason = failure ?? (isBroken ? endpoint.reason : null);
  return { ...IDLE, status: reason === null ? 'starting' : 'failed', reason };
};
