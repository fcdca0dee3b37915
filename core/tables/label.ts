/** A truth about a prediction, addressed in one of three ways: the others are null. */
export interface Label {
  readonly example_id: string | null;
  readonly request_id: string | null;
  readonly client_request_id: string | null;
  /** Row of the request, from 0; null with an `example_id`, which holds it. */
  readonly row_index: number | null;
  /** Which outcome it tells; missing for that which was predicted. */
  readonly name?: string;
  /** A JSON value of the prediction's type, or of the named outcome's; never null. */
  readonly label: unknown;
  /** RFC 3339 in UTC with milliseconds; null: when it was received. */
  readonly labelled_at: string | null;
}

/** Labels that came in one call. */
export interface LabelBatch {
  /** The same for the same labels of the same service. */
  readonly batch_id: string;
  readonly service: string;
  readonly received_at: string;
  readonly labels: readonly Label[];
}

/** Takes labels in, for the builder to find. */
export interface LabelStore {
  /** Resolves once the batch outlasts a crash. A batch that came before changes nothing. */
  append(batch: LabelBatch): Promise<void>;
}
