import type { TableColumn } from './table-column';

const columns = (text: string): readonly TableColumn[] =>
  text.split(',').map((part) => {
    const [name = '', type = ''] = part.trim().split(' ');
    return { name, type: type as TableColumn['type'] };
  });

/** `inference.requests`, in order; `request_date` is the partition. */
export const REQUESTS = columns(
  'request_id string, client_request_id string, request_time timestamp, service string, ' +
    'service_version string, model_name string, model_version bigint, requester string, ' +
    'client_ip string, role string, primary_request_id string, split_key_hash string, ' +
    'status_code int, error_type string, execution_duration_ms double, model_duration_ms double, ' +
    'sampling_fraction double, request_format string, row_count int, request string, ' +
    'response string, request_bytes bigint, response_bytes bigint, spill_uri string, ' +
    'request_date date',
);

/** What stands before the features in a service's table. */
export const BEFORE_FEATURES = columns(
  'example_id string, request_id string, row_index int, client_request_id string, ' +
    'request_time timestamp, request_date date, service_version string, model_name string, ' +
    'model_version bigint, requester string, role string, primary_request_id string, ' +
    'sampling_fraction double, execution_duration_ms double',
);

/** What stands behind the features, beside the typed `prediction` and `label`. */
export const BEHIND_FEATURES = columns(
  'confidence double, probabilities string, labelled_at timestamp, label_received_at timestamp',
);

/** `inference.<service>_errors`. */
export const ERRORS = columns(
  'request_id string, request_time timestamp, reason string, request string, response string, ' +
    'request_date date',
);

/** `inference.labels`; `name` is the outcome's, `label` for that which was predicted, and `position` is a label's place in its batch, from 0. */
export const LABELS = columns(
  'service string, example_id string, request_id string, client_request_id string, row_index int, ' +
    'name string, label string, labelled_at timestamp, received_at timestamp, batch_id string, ' +
    'position int, received_date date',
);
