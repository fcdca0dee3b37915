import type { ServicePlan } from '../../../core/inference/model-host';
import { type EndpointCalls, isBusy } from './endpoint-views';
import { isNamed } from './error-name';
import type { Gate, Serving } from './host-record';
import { type Findings, gateOf, liveVersion } from './version-states';

/** Has one version answer its example at a place. */
export type PassGate = (
  version: ServicePlan['versions'][number],
  settings: string,
  at: Serving,
) => Promise<Gate>;

/** Another count alone needs no new template. */
export const scaleAll = async (
  endpoints: EndpointCalls,
  { versions }: ServicePlan,
  { inForce, endpoints: views }: Findings,
): Promise<ReadonlyMap<string, string>> => {
  const troubles = new Map<string, string>();
  const changed = new Set<string>();
  for (const { name, compute, replicas } of versions) {
    const planned = inForce.find((one) => one.name === name);
    const view = planned && views.get(planned.endpoint);
    const count = view?.variants.get(name)?.wanted;
    const isFixed = 'instances' in compute && 'count' in compute.instances;
    if (!planned?.shared || !view || !isFixed || replicas === 0 || count == null) continue;
    // One at a time: a change locks the endpoint.
    if (count === replicas || isBusy(view) || changed.has(planned.endpoint)) continue;
    changed.add(planned.endpoint);
    try {
      await endpoints.scale(planned.endpoint, name, replicas);
    } catch (error) {
      if (!isNamed(error, 'ValidationException', 'ResourceLimitExceeded')) throw error;
      const why = error instanceof Error ? error.message : '';
      troubles.set(name, `it keeps ${count} instances instead of ${replicas}: ${why}`);
    }
  }
  return troubles;
};

/** Holds the answers of what is new in force against the expected ones. */
export const passGates = async (
  passGate: PassGate,
  { versions }: ServicePlan,
  found: Findings,
): Promise<readonly Gate[]> =>
  (
    await Promise.all(
      versions.map(async (version) => {
        const live = liveVersion(found, version.name);
        if (!live) return undefined;
        const { settings } = live.planned;
        const gate = gateOf(found.gates, live.planned);
        const isWanted = version.replicas > 0 && settings === found.settings.get(version.name);
        if (!isWanted || (gate && gate.faults !== null)) return gate;
        return passGate(version, settings, live.serving);
      }),
    )
  ).filter((gate) => gate !== undefined);
