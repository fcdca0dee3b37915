import type { Throttle } from '../access/rate-limiter';
import type { CapturePolicy } from '../capture/capture-policy';

export type ServiceKind = 'ml' | 'llm';

export type ServiceStatus =
  | 'draft'
  | 'starting'
  | 'running'
  | 'updating'
  | 'stopping'
  | 'stopped'
  | 'failed';

export type VersionStatus = 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

export type Compute =
  | { readonly serverless: { readonly memory_mb: number; readonly concurrency: number } }
  | { readonly instances: { readonly type: string; readonly count: number } }
  | { readonly instances: { readonly type: string; readonly min: number; readonly max: number } };

export interface Retention {
  readonly requests_days: number | null;
  readonly rows_days: number | null;
  readonly labels_days: number | null;
}

/** Who made a resource and when it changed; `revision` moves with operators' writes only. */
export interface Stamps {
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}

/** What operators decide about a service. Statuses are derived from the host's states. */
export interface Service extends Stamps {
  readonly name: string;
  readonly kind: ServiceKind;
  readonly description: string;
  /** Whether callers need a key. */
  readonly auth: boolean;
  readonly throttle: Throttle;
  readonly capture: CapturePolicy;
  readonly retention: Retention;
  /** Rows per call, 1 to 10,000. */
  readonly max_rows: number;
  /** Requests that may wait for a replica. */
  readonly max_queue: number;
  /** Milliseconds a model may take. */
  readonly timeout_ms: number;
  /** Origins whose pages may call; none by default. */
  readonly cors_origins: readonly string[];
  /** Plain arrays may be read by position. */
  readonly positional: boolean;
  /** Percent per version: whole numbers that sum to 100, or {} while there is no version. */
  readonly traffic: Readonly<Record<string, number>>;
  /** False after `stop`. */
  readonly wanted: 'running' | 'stopped';
  readonly managed_by: 'api' | 'manifest';
}

/** A model version under a name within a service. */
export interface ServiceVersion extends Stamps {
  readonly id: string;
  readonly service: string;
  readonly name: string;
  readonly description: string;
  readonly model: { readonly name: string; readonly version: number };
  readonly compute: Compute;
  readonly environment: Readonly<Record<string, string>>;
  readonly wanted: 'running' | 'stopped';
}

export type Stored<T> = T & { readonly revision: number };

/** At most this many versions side by side. */
export const MAX_VERSIONS = 10;

/** Percent of the traffic that a version gets; undefined when it is not in the split. */
export const weightOf = (
  { traffic }: Pick<Service, 'traffic'>,
  version: string,
): number | undefined => (Object.hasOwn(traffic, version) ? traffic[version] : undefined);
