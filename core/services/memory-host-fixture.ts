import type {
  HostListener,
  Instance,
  ModelHost,
  ServicePlan,
  VersionState,
} from '../inference/model-host';
import { DomainError } from '../shared/domain-error';

type HostStatus = VersionState['status'];

/**
 * A host for tests that loads nothing: what a plan wants runs at once, unless a test says how a
 * version fares. It keeps every plan it was given.
 */
export const memoryHost = () => {
  const states = new Map<string, VersionState[]>();
  const plans: ServicePlan[] = [];
  const fates = new Map<string, { status: HostStatus; reason: string | null }>();
  let listener: HostListener | undefined;
  let refusal: Error | null = null;

  const stateOf = (
    service: string,
    { name, replicas: wanted }: ServicePlan['versions'][number],
  ) => {
    const fate = fates.get(`${service}/${name}`);
    const { status, reason } =
      wanted === 0
        ? { status: 'stopped' as const, reason: null }
        : (fate ?? { status: 'running' as const, reason: null });
    return { name, status, reason, wanted, running: status === 'running' ? wanted : 0 };
  };

  const instancesOf = (service: string): Instance[] =>
    (states.get(service) ?? []).flatMap(({ name, running }) =>
      Array.from({ length: running }, (_, i) => ({
        id: `${name}-${i + 1}`,
        version: name,
        status: 'running',
        restarts: 0,
        started_at: null,
        cpu_percent: null,
        memory_bytes: null,
      })),
    );

  const host = {
    async apply(plan: ServicePlan) {
      if (refusal) throw refusal;
      plans.push(plan);
      states.set(
        plan.service,
        plan.versions.map((version) => stateOf(plan.service, version)),
      );
      listener?.stateChanged(plan.service);
    },
    async remove(service: string) {
      states.delete(service);
    },
    states: (service: string): readonly VersionState[] => states.get(service) ?? [],
    invoke(): never {
      throw new DomainError('unavailable', 'this host loads no models');
    },
    instances: instancesOf,
    async restart(service: string, instance: string) {
      if (instancesOf(service).some(({ id }) => id === instance)) return;
      throw new DomainError('not-found', instance);
    },
    observe(given: HostListener) {
      listener = given;
    },
    async close() {},
  } satisfies ModelHost;

  return {
    host,
    plans,
    /** What becomes of a version from now on, and at once if it is there. */
    fate(service: string, version: string, status: HostStatus, reason: string | null = null): void {
      fates.set(`${service}/${version}`, { status, reason });
      const next = host
        .states(service)
        .map((state) =>
          state.name === version
            ? { ...state, status, reason, running: status === 'running' ? state.wanted : 0 }
            : state,
        );
      states.set(service, next);
      listener?.stateChanged(service);
    },
    /** Makes the next plans fail; null lets them through again. */
    refuse(error: Error | null): void {
      refusal = error;
    },
    tell: (event: Parameters<HostListener['happened']>[0]) => listener?.happened(event),
  };
};
