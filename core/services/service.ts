import type { Throttle } from '../access/rate-limiter';
import type { CapturePolicy } from '../capture/capture-policy';
import type { Stamps } from '../shared/stored';

/** `ml` answers rows with predictions, `llm` prompts with text. */
export type ServiceKind = 'ml' | 'llm';

/** What a service is doing; `draft` has no version yet. */
export type ServiceStatus =
  | 'draft'
  | 'starting'
  | 'running'
  | 'updating'
  | 'stopping'
  | 'stopped'
  | 'failed';

/** What a version is doing; `updating` answers as before until what is to answer next is proven. */
export type VersionStatus = 'starting' | 'running' | 'updating' | 'stopping' | 'stopped' | 'failed';

/** What decides how many instances of a range there are: requests of each in a minute, or at once. */
export interface Scaling {
  readonly by: 'invocations' | 'concurrency';
  /** As many of them are aimed at. */
  readonly target: number;
}

/** Where a version runs: paid per use, on a fixed number of instances, or on a range of them. */
export type Compute =
  | { readonly serverless: { readonly memory_mb: number; readonly concurrency: number } }
  | { readonly instances: { readonly type: string; readonly count: number } }
  | {
      readonly instances: {
        readonly type: string;
        readonly min: number;
        readonly max: number;
        /** 1,000 invocations a minute unless told. */
        readonly scaling?: Scaling | undefined;
      };
    };

/** Days that what was captured is kept; null keeps it. */
export interface Retention {
  readonly requests_days: number | null;
  readonly rows_days: number | null;
  readonly labels_days: number | null;
}

/** What operators say of a service, through the API or a manifest. */
export interface ServiceSettings {
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
}

/** What is decided about a service. Statuses are derived from the host's states. */
export interface Service extends ServiceSettings, Stamps {
  readonly name: string;
  readonly kind: ServiceKind;
  /** Percent per version: whole numbers that sum to 100, or {} while there is no version. */
  readonly traffic: Readonly<Record<string, number>>;
  /** `stopped` holds all versions back; each keeps its own wish for the next start. */
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

/** At most this many versions side by side. */
export const MAX_VERSIONS = 10;

/** Percent of the traffic that a version gets; undefined when it is not in the split. */
export const weightOf = (
  { traffic }: Pick<Service, 'traffic'>,
  version: string,
): number | undefined => (Object.hasOwn(traffic, version) ? traffic[version] : undefined);
