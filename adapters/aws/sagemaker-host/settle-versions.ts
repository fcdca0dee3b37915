import type { ServicePlan } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { type EndpointCalls, isBusy } from './endpoint-views';
import { isNamed } from './error-name';
import type { Gate } from './host-record';
import { type Findings, gateAt, liveAt } from './version-states';

/** Has a model answer its example at an endpoint. */
export type PassGate = (
  model: ModelVersion,
  endpoint: string,
) => Promise<Pick<Gate, 'faults' | 'trouble'>>;

/** Another count alone needs no new template. */
export const scaleAll = async (
  endpoints: EndpointCalls,
  { versions }: ServicePlan,
  { targets, endpoints: views }: Findings,
): Promise<ReadonlyMap<string, string>> => {
  const troubles = new Map<string, string>();
  for (const { name, compute, replicas } of versions) {
    const endpoint = targets.get(name) ?? '';
    const view = views.get(endpoint);
    const count = view?.variants.get(name)?.wanted;
    const isFixed = 'instances' in compute && 'count' in compute.instances;
    if (!view || !isFixed || replicas === 0 || count == null) continue;
    // A change locks the endpoint.
    if (count === replicas || isBusy(view)) continue;
    try {
      await endpoints.scale(endpoint, name, replicas);
    } catch (error) {
      if (!isNamed(error, 'ValidationException', 'ResourceLimitExceeded')) throw error;
      const why = error instanceof Error ? error.message : '';
      troubles.set(name, `it keeps ${count} instances instead of ${replicas}: ${why}`);
    }
  }
  return troubles;
};

/**
 * Holds the answers of what is new in force against the expected ones, and again those of what has
 * other values of the platform since: until then what was found before holds.
 */
export const passGates = async (
  passGate: PassGate,
  { versions }: ServicePlan,
  found: Findings,
  platform: string,
): Promise<readonly Gate[]> => {
  const wanted = versions.filter(({ replicas }) => replicas > 0);
  const asked = new Set(
    wanted.flatMap(({ name }) => [found.targets.get(name), found.answered.get(name)]),
  );
  const gates = found.inForce.map(async ({ endpoint }): Promise<Gate | undefined> => {
    const known = gateAt(found.gates, endpoint);
    const live = liveAt(found, endpoint);
    const isFresh = known && known.faults !== null && known.platform === platform;
    if (isFresh || !live || !asked.has(endpoint)) return known;
    const outcome = await passGate(live.model, endpoint);
    if (outcome.faults === null && known?.faults) return known;
    const passedWith = outcome.faults?.length === 0 ? platform : (known?.passedWith ?? null);
    return { endpoint, platform, passedWith, ...outcome };
  });
  const known = found.gates.filter(
    (gate) => !found.inForce.some(({ endpoint }) => endpoint === gate.endpoint),
  );
  return [...known, ...(await Promise.all(gates)).filter((gate) => gate !== undefined)];
};
