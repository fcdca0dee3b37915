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

interface Look {
  /** The versions as the look before found them. */
  readonly before: readonly FoundVersion[];
  readonly now: readonly FoundVersion[];
  readonly found: Pick<Findings, 'inForce' | 'targets'>;
  readonly at: Date;
  readonly drainMs: number;
}

/**
 * The endpoints that versions have left, because they answer elsewhere or are not wanted any more, and
 * which are asked no more once `drainMs` are over. A service that is stopped as a whole asks for that.
 */
export const leavingAfter = (
  { stopped }: ServicePlan,
  leaving: readonly Leaving[],
  { before, now, found, at, drainMs }: Look,
): readonly Leaving[] => {
  if (stopped) return [];
  const states = new Map(now.map((state) => [state.name, state]));
  const targets = new Set(found.targets.values());
  const left = before.flatMap(({ name, serving }): readonly Leaving[] => {
    if (!serving) return [];
    const { endpoint, model } = serving;
    const { wanted = 0, serving: to = null } = states.get(name) ?? {};
    if (wanted > 0 && (!to || to.endpoint === endpoint)) return [];
    const asked = wanted > 0 ? null : { version: name, model };
    return [{ endpoint, since: at.toISOString(), asked }];
  });
  const all = [...leaving, ...left.filter(({ endpoint }) => !leaving.some(isAt(endpoint)))];
  return all.filter(
    ({ endpoint, since }) =>
      !now.some(({ serving }) => serving?.endpoint === endpoint) &&
      !targets.has(endpoint) &&
      found.inForce.some(isAt(endpoint)) &&
      at.getTime() - Date.parse(since) < drainMs,
  );
};

const isAt =
  (endpoint: string) =>
  (one: { readonly endpoint: string }): boolean =>
    one.endpoint === endpoint;

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
