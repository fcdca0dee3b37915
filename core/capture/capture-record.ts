export type Role = 'primary' | 'shadow' | 'compare' | 'replay';

export type RequestFormat =
  | 'dataframe_split'
  | 'dataframe_records'
  | 'instances'
  | 'inputs'
  | 'csv'
  | 'oip-v2';

/**
 * A body to store. `json`: bytes or text that are one JSON value, kept as they are; `text`: anything
 * else, kept as a string.
 */
export type CapturedBody = { readonly json: Uint8Array | string } | { readonly text: string };

/** One request as `inference.requests` has it (docs: tables). Times are derived from the id. */
export interface CaptureRecord {
  /** UUIDv7; its milliseconds are the request's time. */
  readonly request_id: string;
  readonly client_request_id: string | null;
  readonly service: string;
  readonly service_version: string | null;
  readonly model_name: string | null;
  readonly model_version: number | null;
  /** Key id, operator or `anonymous`; never the key. */
  readonly requester: string;
  readonly client_ip: string | null;
  readonly role: Role;
  readonly primary_request_id: string | null;
  readonly split_key_hash: string | null;
  readonly status_code: number;
  /** The problem's type without `urn:tidegate:`. */
  readonly error_type: string | null;
  readonly execution_duration_ms: number;
  readonly model_duration_ms: number | null;
  readonly sampling_fraction: number;
  readonly request_format: RequestFormat | null;
  readonly row_count: number | null;
  /** Null when the policy forbids storing it. */
  readonly request: CapturedBody | null;
  readonly response: CapturedBody | null;
  /** True sizes of the bodies on the wire. */
  readonly request_bytes: number;
  readonly response_bytes: number;
}
