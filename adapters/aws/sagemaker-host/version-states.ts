import type { ServicePlan, VersionPlan } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { changedValues } from '../../../core/services/service-template-platform';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import type { EndpointView } from './endpoint-views';
import type { FoundVersion, Gate, Serving } from './host-record';

/** What one look at a service found. */
export interface Findings {
  readonly inForce: readonly PlannedVersion[];
  /** Whether the stack has what is in force, and is not in the midst of a change. */
  readonly isSettled: boolean;
  /** Of the versions in force, by endpoint; one that is not registered any more is not asked. */
  readonly models: ReadonlyMap<string, ModelVersion>;
  readonly endpoints: ReadonlyMap<string, EndpointView>;
  readonly gates: readonly Gate[];
  /** Why what is wanted could not be brought about; null while it can still be. */
  readonly failure: string | null;
  /** Why all goes on with what the platform had before; null while it does not. */
  readonly behind: string | null;
  /** Why single versions keep another count than the wanted one. */
  readonly troubles: ReadonlyMap<string, string>;
  /** Where each version shall answer, by its name. */
  readonly targets: ReadonlyMap<string, string>;
  /** Where each version answered at the last look, by its name. */
  readonly answered: ReadonlyMap<string, string>;
}

/** Endpoints of these statuses answer nothing. */
const SILENT = new Set(['Creating', 'Failed', 'OutOfService']);

/** A version in force on an endpoint that answers. */
export interface LiveVersion {
  /** Instances that answer; 1 for serverless. */
  readonly running: number;
  readonly model: ModelVersion;
  readonly serving: Serving;
}

/** What answers at an endpoint in force; undefined while nothing does. */
export const liveAt = (
  { models, endpoints }: Pick<Findings, 'models' | 'endpoints'>,
  endpoint: string,
): LiveVersion | undefined => {
  const view = endpoints.get(endpoint);
  const [variant] = view?.variants.values() ?? [];
  const model = models.get(endpoint);
  if (!variant || !model || SILENT.has(view?.status ?? '')) return undefined;
  const serving = { endpoint, model: { name: model.model, version: model.version } };
  return { running: variant.now ?? 1, model, serving };
};

/** What came of the gate at an endpoint. */
export const gateAt = (gates: readonly Gate[], endpoint: string): Gate | undefined =>
  gates.find((one) => one.endpoint === endpoint);

const provenAt = (found: Findings, endpoint: string | undefined): LiveVersion | undefined => {
  if (endpoint === undefined || gateAt(found.gates, endpoint)?.faults?.length !== 0) return;
  const live = liveAt(found, endpoint);
  return live && live.running > 0 ? live : undefined;
};

/** Where a version answers: where it shall once that has passed its gate, and until then where it did. */
export const answering = (found: Findings, version: string): LiveVersion | undefined =>
  provenAt(found, found.targets.get(version)) ?? provenAt(found, found.answered.get(version));

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
  const places = found.inForce.filter((one) => one.name === name);
  const live = places.flatMap(({ endpoint }) => liveAt(found, endpoint) ?? []);
  if (live.length === 0) return { ...IDLE, status: 'stopped', reason: null };
  const running = live.reduce((sum, one) => sum + one.running, 0);
  return { ...IDLE, status: 'stopping', reason: found.failure, running };
};

const unexpected = ({ faults, platform, passedWith }: Gate): string =>
  `its answers are not the expected ones${sinceWhen(platform, passedWith)}: ${faults?.join('; ')}`;

/** What has passed before and does not with what the platform gave it since; how to go back to that. */
const sinceWhen = (platform: string, passedWith: string | null): string => {
  const changed = passedWith === null ? null : changedValues(passedWith, platform);
  if (passedWith === null || changed === null) return '';
  const before = changedValues(platform, passedWith);
  return ` since the platform has ${changed} (to go back, deploy it with ${before})`;
};

const wantedState = ({ name }: VersionPlan, found: Findings): Found => {
  const target = found.targets.get(name) ?? '';
  const gate = gateAt(found.gates, target);
  const answers = answering(found, name);
  if (!answers) return notAnswering(target, gate, found);
  const { running, serving } = answers;
  if (serving.endpoint === target) {
    const reason = found.troubles.get(name) ?? found.behind;
    return { status: 'running', reason, running, serving };
  }
  const refusal = gate?.faults?.length ? unexpected(gate) : brokenReason(target, found);
  if (refusal === null)
    return { status: 'updating', reason: gate?.trouble ?? null, running, serving };
  const reason = `its change has to wait: ${refusal}`;
  return { status: 'running', reason, running, serving };
};

const notAnswering = (target: string, gate: Gate | undefined, found: Findings): Found => {
  if (!liveAt(found, target)) {
    const reason = brokenReason(target, found);
    return { ...IDLE, status: reason === null ? 'starting' : 'failed', reason };
  }
  if (!gate?.faults || gate.faults.length === 0) {
    return { ...IDLE, status: 'starting', reason: gate?.trouble ?? null };
  }
  return { ...IDLE, status: 'failed', reason: unexpected(gate) };
};

/** What others take away is not made again by itself: CloudFormation takes it to be there. */
const GONE = 'somebody has deleted its endpoint: stop and start it';

/** Why nothing will answer at an endpoint; null while something may. */
const brokenReason = (target: string, found: Findings): string | null => {
  if (found.failure !== null) return found.failure;
  const endpoint = found.endpoints.get(target);
  const isMissing = !endpoint && found.inForce.some((one) => one.endpoint === target);
  if (isMissing && found.isSettled) return GONE;
  const isBroken = endpoint?.status === 'Failed' || endpoint?.status === 'OutOfService';
  return isBroken ? endpoint.reason : null;
};
