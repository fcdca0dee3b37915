import { join } from 'node:path';
import type { HostListener, ImmediateHost, ServicePlan } from '../../core/inference/model-host';
import type { ModelVersion } from '../../core/models/model-version';
import { DomainError } from '../../core/shared/domain-error';
import { REPLICA_TIMES, type ReplicaTimes } from './replicas/back-off';
import { type ServiceQueue, unavailable } from './replicas/dispatcher';
import type { VersionNeeds } from './replicas/generation';
import { isolatedUsers } from './replicas/isolated-user';
import { mlflowProgram } from './replicas/mlflow-program';
import { openProcessLedger } from './replicas/process-ledger';
import { processRunner } from './replicas/process-runner';
import { programs } from './replicas/program';
import { threadRunner } from './replicas/thread-runner';
import { type RunningVersion, runningVersion } from './replicas/version';

interface Needs
  extends Pick<
    VersionNeeds,
    'artifacts' | 'logs' | 'loadInline' | 'checkAnswers' | 'tableOf' | 'now' | 'newId'
  > {
  /** The built `model-server/worker.ts`. */
  readonly workerFile: URL | string;
  /** Existing folder of the platform's own, where child processes are remembered. */
  readonly folder: string;
  /** Where programs are: PATH, TIDEGATE_PYTHON, TIDEGATE_PYTHON_VENV. Children get only the PATH. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where to differ from the usual times. */
  readonly times?: Partial<ReplicaTimes>;
}

/** A host also tells, without a list being made, which model answers under a version's name. */
export interface LocalHost extends ImmediateHost {
  apply(plan: Pick<ServicePlan, 'service' | 'maxQueue' | 'versions'>): Promise<void>;
  /** Whether the version has something ready to answer. */
  isRunning(service: string, version: string): boolean;
  /** The model that answers now: over a change the one before, until the next is ready. */
  modelOf(service: string, version: string): ModelVersion | null;
}

interface RunningService {
  readonly queue: ServiceQueue;
  readonly versions: Map<string, RunningVersion>;
}

/** Runs model versions on this machine: ONNX in threads, all else as processes. */
export const localHost = async (needs: Needs): Promise<LocalHost> => {
  const { workerFile, folder, environment, times, ...rest } = needs;
  const services = new Map<string, RunningService>();
  const ledger = openProcessLedger(join(folder, 'replicas.json'));
  const kinds = programs(mlflowProgram({ environment }));
  let observer: HostListener = { stateChanged: () => undefined, happened: () => undefined };
  let isClosing = false;

  const versionNeeds: VersionNeeds = {
    ...rest,
    times: { ...REPLICA_TIMES, ...times },
    startThread: threadRunner({ workerFile }),
    startProcess: processRunner({
      ledger,
      programs: kinds,
      path: environment.PATH ?? '/usr/local/bin:/usr/bin:/bin',
      nextUser: isolatedUsers(),
    }),
    listener: {
      stateChanged: (service) => observer.stateChanged(service),
      happened: (event) => observer.happened(event),
    },
  };

  const find = (service: string, version: string): RunningVersion | undefined =>
    services.get(service)?.versions.get(version);

  const made = (name: string, maxQueue: number): RunningService => {
    const service = services.get(name) ?? {
      queue: { waiting: 0, max: maxQueue },
      versions: new Map<string, RunningVersion>(),
    };
    service.queue.max = maxQueue;
    services.set(name, service);
    return service;
  };

  const drop = async (service: RunningService, version: RunningVersion): Promise<void> => {
    await version.retire(versionNeeds.times.drain);
    // It may have been planned again meanwhile.
    if (version.isOver()) service.versions.delete(version.name);
  };

  const retireAll = async (running: Iterable<RunningVersion>, ms: number): Promise<void> => {
    await Promise.all([...running].map((version) => version.retire(ms)));
  };

  return {
    async apply({ service: name, maxQueue, versions }) {
      if (isClosing) return;
      const service = made(name, maxQueue);
      const planned = new Set(versions.map((version) => version.name));
      for (const version of service.versions.values()) {
        if (!planned.has(version.name)) void drop(service, version);
      }
      for (const plan of versions) {
        const { queue } = service;
        const version =
          service.versions.get(plan.name) ??
          runningVersion({ ...versionNeeds, service: name, name: plan.name, queue });
        service.versions.set(plan.name, version);
        version.apply(plan);
      }
      observer.stateChanged(name);
    },

    async remove(name) {
      const service = services.get(name);
      services.delete(name);
      if (service) await retireAll(service.versions.values(), versionNeeds.times.drain);
    },

    states: (name) => [...(services.get(name)?.versions.values() ?? [])].map((one) => one.state()),

    isRunning: (service, version) => find(service, version)?.model() != null,

    modelOf: (service, version) => find(service, version)?.model() ?? null,

    invoke(invocation) {
      const version = find(invocation.service, invocation.version);
      if (!version) throw unavailable();
      return version.invoke(invocation);
    },

    instances: (name) =>
      [...(services.get(name)?.versions.values() ?? [])].flatMap((one) => one.instances()),

    async restart(name, instance) {
      for (const version of services.get(name)?.versions.values() ?? []) {
        const replica = version.find(instance);
        if (replica) return replica.restart();
      }
      throw new DomainError('not-found', 'this service has no such instance');
    },

    observe(listener) {
      observer = listener;
    },

    async close(graceMs) {
      isClosing = true;
      const running = [...services.values()].flatMap(({ versions }) => [...versions.values()]);
      services.clear();
      await retireAll(running, graceMs);
      ledger.close();
    },
  };
};
