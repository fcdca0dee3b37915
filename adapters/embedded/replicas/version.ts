import type { Answer } from '../../../core/inference/answer';
import type {
  Instance,
  Invocation,
  VersionPlan,
  VersionState,
} from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { type ServiceQueue, unavailable } from './dispatcher';
import { type Generation, generation, type VersionNeeds } from './generation';
import type { Replica } from './replica';

interface Needs extends VersionNeeds {
  readonly service: string;
  readonly name: string;
  readonly queue: ServiceQueue;
}

/** Plans with the same key run on the same replicas. */
const keyOf = ({ model, environment = {} }: VersionPlan): string => {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([model.model, model.version, model.digest, variables]);
};

interface Generations {
  readonly key: string;
  readonly run: Generation;
}

/** A version of a service: its replicas, and over a change of model those of the next one. */
export const runningVersion = ({ service, name, queue, ...needs }: Needs) => {
  const { listener, times } = needs;
  const retiring = new Set<Promise<void>>();
  let current: Generations | null = null;
  let next: Generations | null = null;

  const retire = (old: Generations | null, graceMs = times.drain): void => {
    if (!old) return;
    const retired = old.run.retire(graceMs).finally(() => {
      retiring.delete(retired);
      listener.stateChanged(service);
    });
    retiring.add(retired);
  };

  /** Takes over once all that is wanted of it runs, or at once when the one before does not. */
  const handOver = (): void => {
    if (!next) return;
    if (current?.run.isRunning() && next.run.running() < next.run.wanted()) return;
    const old = current;
    current = next;
    next = null;
    retire(old);
  };

  const begin = (plan: VersionPlan, key: string): Generations => {
    const own = {
      ...listener,
      stateChanged: (of: string) => {
        handOver();
        listener.stateChanged(of);
      },
    };
    return { key, run: generation({ ...needs, listener: own, service, plan, queue }) };
  };

  const state = (): Omit<VersionState, 'name'> => {
    const run = current?.run;
    if (!run) {
      const status = retiring.size > 0 ? 'stopping' : 'stopped';
      return { status, reason: null, wanted: 0, running: 0 };
    }
    const counts = { wanted: (next ?? { run }).run.wanted(), running: run.running() };
    if (run.isRunning()) {
      if (!next) return { status: 'running', reason: null, ...counts };
      const change = next.run.reason();
      if (change === null) return { status: 'updating', reason: null, ...counts };
      const reason = `the change of its model has to wait: ${change}`;
      return { status: 'running', reason, ...counts };
    }
    const status = run.hasFailed() ? 'failed' : 'starting';
    return { status, reason: run.reason(), ...counts };
  };

  return {
    name,

    apply(plan: VersionPlan): void {
      if (plan.replicas === 0) {
        retire(current);
        retire(next);
        current = null;
        next = null;
        return;
      }
      const key = keyOf(plan);
      if (current?.key === key) {
        retire(next);
        next = null;
        current.run.scale(plan.replicas);
        return;
      }
      if (next?.key !== key) {
        retire(next);
        next = begin(plan, key);
      }
      next.run.scale(plan.replicas);
      handOver();
    },

    state: (): VersionState => ({ name, ...state() }),

    /** The model that answers now; null when none does. */
    model: (): ModelVersion | null => (current?.run.isRunning() ? current.run.model : null),

    /** Whether nothing of it is left. */
    isOver: (): boolean => !current && !next && retiring.size === 0,

    instances: (): readonly Instance[] => [
      ...(current?.run.instances() ?? []),
      ...(next?.run.instances() ?? []),
    ],

    find: (id: string): Replica | undefined => current?.run.find(id) ?? next?.run.find(id),

    /** @throws `unavailable`, and whatever the generation does */
    invoke(invocation: Invocation): Answer | Promise<Answer> {
      if (!current) throw unavailable();
      return current.run.invoke(invocation);
    },

    async retire(graceMs: number): Promise<void> {
      retire(current, graceMs);
      retire(next, graceMs);
      current = null;
      next = null;
      await Promise.all(retiring);
    },
  };
};

export type RunningVersion = ReturnType<typeof runningVersion>;
