import type { Page, PageRequest } from '../shared/page';

/** A captured request as read back: the columns of `inference.requests`, bodies as stored text. */
export interface CapturedRequest {
  readonly request_id: string;
  readonly client_request_id: string | null;
  readonly request_time: string;
  readonly service: string;
  readonly service_version: string | null;
  readonly model_name: string | null;
  readonly model_version: number | null;
  readonly requester: string;
  readonly client_ip: string | null;
  readonly role: string;
  readonly primary_request_id: string | null;
  readonly split_key_hash: string | null;
  readonly status_code: number;
  readonly error_type: string | null;
  readonly execution_duration_ms: number;
  readonly model_duration_ms: number | null;
  readonly sampling_fraction: number;
  readonly request_format: string | null;
  readonly row_count: number | null;
  readonly request: string | null;
  readonly response: string | null;
  readonly request_bytes: number;
  readonly response_bytes: number;
}

export interface RequestFilter extends PageRequest {
  readonly service: string;
  /** Milliseconds since the epoch, `from` ≤ time < `to`. */
  readonly from: number;
  readonly to: number;
  readonly client_request_id?: string | undefined;
  readonly requester?: string | undefined;
  readonly service_version?: string | undefined;
  readonly status_code?: number | undefined;
  readonly role?: string | undefined;
  readonly primary_request_id?: string | undefined;
}

/** Finds captured requests again. */
export interface CapturedRequests {
  get(service: string, requestId: string): Promise<CapturedRequest | undefined>;

  /**
   * Newest first. The work of one call is bounded, so a page may hold fewer than its limit, or none,
   * and still have a next one. Cursors look like request ids: what follows comes before them.
   */
  find(filter: RequestFilter): Promise<Page<CapturedRequest>>;
}
