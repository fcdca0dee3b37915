import type { ServicePlan } from '../../../core/inference/model-host';
import type { ServiceTemplate } from '../../../core/services/service-template';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import type { FoundVersion, Leaving } from './host-record';
import { answering, type Findings, gateAt } from './version-states';

/** What a service's stack shall have beside, or instead of, what its plan alone would give it. */
export interface Exchange {
  /** Still needed: they answer while their successors have not passed their gates, or are still asked. */
  readonly kept: readonly PlannedVersion[];
  /** Versions whose new endpoint failed its gate while the old one answers: it goes again. */
  readonly refused: readonly string[];
}

/** What is between the versions in force and those that are wanted. */
export const exchangeOf = (
  { versions }: ServicePlan,
  found: Findings,
  leaving: readonly Leaving[],
): Exchange => {
  const wanted = versions.filter(({ name, replicas }) => replicas > 0 && found.targets.has(name));
  const needed = new Set(leaving.map(({ endpoint }) => endpoint));
  const refused: string[] = [];
  for (const { name } of wanted) {
    const target = found.targets.get(name) ?? '';
    const endpoint = answering(found, name)?.serving.endpoint;
    if (endpoint === undefined || endpoint === target) continue;
    needed.add(endpoint);
    if (gateAt(found.gates, target)?.faults?.length) refused.push(name);
  }
  const targets = new Set(found.targets.values());
  const kept = found.inForce.filter(
    ({ endpoint }) => needed.has(endpoint) && !targets.has(endpoint),
  );
  return { kept, refused };
};

/** The endpoints that versions have left, and which are asked no more once `drainMs` are over. */
export const leavingAfter = (
  before: readonly Leaving[],
  answered: ReadonlyMap<string, string>,
  states: readonly FoundVersion[],
  inForce: readonly PlannedVersion[],
  { now, drainMs }: { readonly now: Date; readonly drainMs: number },
): readonly Leaving[] => {
  const serving = new Set(states.flatMap((state) => state.serving?.endpoint ?? []));
  const left = states.flatMap(({ name, serving: to }) => {
    const from = answered.get(name);
    if (!to || from === undefined || from === to.endpoint) return [];
    return { endpoint: from, since: now.toISOString() };
  });
  return [...before, ...left].filter(
    ({ endpoint, since }) =>
      !serving.has(endpoint) &&
      inForce.some((one) => one.endpoint === endpoint) &&
      now.getTime() - Date.parse(since) < drainMs,
  );
};

/** The plan without its refused versions. */
export const withoutRefused = (plan: ServicePlan, refused: readonly string[]): ServicePlan => ({
  ...plan,
  versions: plan.versions.filter(({ name }) => !refused.includes(name)),
});

/** What is wanted of a service, whatever template is made of it. */
export const wishOf = ({ throttle, versions }: ServicePlan): string =>
  JSON.stringify([
    throttle,
    versions
      .filter(({ started }) => started)
      .map(({ name, model, compute, environment = {} }) => [
        ...[name, model.model, model.digest, compute],
        Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1)),
      ])
      .sort(([a], [b]) => (`${a}` < `${b}` ? -1 : 1)),
  ]);

/** Where each version of a template answers, by its name. */
export const targetsOf = ({ versions }: ServiceTemplate): ReadonlyMap<string, string> =>
  new Map(versions.map(({ name, endpoint }) => [name, endpoint]));
