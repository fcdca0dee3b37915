import type { ServiceCaller } from '../../core/access/access-types';
import type { ServingService } from '../../core/inference/service-directory';
import type { TraceContext } from '../../core/inference/trace-context';

/** What came in under `/services/`, before its body is read. */
export interface EdgeRequest {
  readonly service: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** UUIDv7. */
  readonly requestId: string;
  /** Milliseconds on the monotonic clock. */
  readonly startedAt: number;
  readonly clientIp: string | null;
  readonly trace: TraceContext | null;
}

/** A request that may go on: its service exists, its caller may call, its throttles have room. */
export interface Admitted extends EdgeRequest {
  readonly serving: ServingService;
  readonly caller: ServiceCaller;
}

/** An answer to a caller, ready to be sent. */
export interface EdgeAnswer {
  readonly status: number;
  readonly contentType: string;
  readonly body: string | Uint8Array;
  /** Further headers, name and value in turn. */
  readonly headers: readonly string[];
  /** Milliseconds inside the model; null when no model answered. */
  readonly modelMs: number | null;
}

/** Sends an answer; called exactly once per request. */
export type Deliver = (answer: EdgeAnswer) => void;
