import type { Throttle } from '../access/rate-limiter';
import type { ModelVersion } from '../models/model-version';
import type { Compute } from '../services/service';
import type { Answer } from './answer';
import type { Table } from './table';
import type { TraceContext } from './trace-context';

/** One request to one version of one service. */
export interface Invocation {
  readonly service: string;
  readonly version: string;
  readonly requestId: string;
  /** Handed on to a model that runs as a process. */
  readonly trace: TraceContext | null;
  readonly table: Table;
  /** The same rows as a `dataframe_split` JSON body, made only for hosts that need bytes. */
  readonly body: () => Uint8Array;
  readonly params: Readonly<Record<string, unknown>> | null;
  /** Milliseconds after which the caller gets `model-timeout`. */
  readonly timeoutMs: number;
}

/** What the host shall run for a service: the whole of it, every time. */
export interface ServicePlan {
  readonly service: string;
  /** Requests that may wait for the service's replicas together. */
  readonly maxQueue: number;
  /** What its callers may do together, for homes whose edge enforces it. */
  readonly throttle: Throttle;
  /** Whose the service is; one of a manifest is brought to a cloud by whoever deploys the manifest. */
  readonly managedBy?: 'api' | 'manifest';
  /** Held back as a whole: no version has replicas, each keeps what it wants for the next start. */
  readonly stopped: boolean;
  readonly versions: readonly VersionPlan[];
}

/** What the host shall run of one version. */
export interface VersionPlan {
  readonly name: string;
  readonly model: ModelVersion;
  readonly compute: Compute;
  /** Whether it is wanted, though its service may be held back. */
  readonly started: boolean;
  /** 0 when the version or its service is stopped. */
  readonly replicas: number;
  readonly environment?: Readonly<Record<string, string>>;
}

/** One replica of a version. */
export interface Instance {
  readonly id: string;
  readonly version: string;
  readonly status: 'waiting' | 'running' | 'failed';
  readonly restarts: number;
  readonly started_at: string | null;
  readonly cpu_percent: number | null;
  readonly memory_bytes: number | null;
}

/** How far the host is with a version. */
export interface VersionState {
  readonly name: string;
  /** `updating` answers as before, while what shall answer next comes up beside it. */
  readonly status: 'starting' | 'running' | 'updating' | 'stopping' | 'stopped' | 'failed';
  /** Why it is `failed`, still `starting` or not what it shall be, for a person to act on. */
  readonly reason: string | null;
  readonly wanted: number;
  readonly running: number;
}

/** What happened to a service's replicas, to become the service's events. */
export interface HostEvent {
  readonly service: string;
  readonly version: string;
  readonly level: 'info' | 'warning' | 'error';
  readonly type: string;
  readonly message: string;
}

/** How far a service's versions are. */
export type StatesOf = (
  service: string,
) => readonly VersionState[] | Promise<readonly VersionState[]>;

/** Runs model versions. */
export interface ModelHost {
  /**
   * Makes what runs equal to the plan; level-triggered: the last plan wins, saying it again changes
   * nothing. Resolves once the plan is accepted; `states` tells how far it is.
   */
  apply(plan: ServicePlan): Promise<void>;

  /** Stops everything of a service and forgets it. */
  remove(service: string): Promise<void>;

  states(service: string): readonly VersionState[] | Promise<readonly VersionState[]>;

  /**
   * Answers at once when the model is cheap, otherwise by promise.
   * @throws `unavailable` no replica is ready, `overloaded` the queue is full, `model-error`,
   * `model-timeout`
   */
  invoke(invocation: Invocation): Answer | Promise<Answer>;

  instances(service: string): readonly Instance[] | Promise<readonly Instance[]>;

  /** @throws `not-found` */
  restart(service: string, instance: string): Promise<void>;

  /** Called with every change of state and everything worth an event; once, at composition. */
  observe(listener: HostListener): void;

  /** Ends all replicas, within `graceMs`. */
  close(graceMs: number): Promise<void>;
}

/** A host in this very process: it knows how far it is without asking anybody. */
export interface ImmediateHost extends ModelHost {
  states(service: string): readonly VersionState[];
  instances(service: string): readonly Instance[];
}

/** Hears what becomes of plans. */
export interface HostListener {
  stateChanged(service: string): void;
  happened(event: HostEvent): void;
}
