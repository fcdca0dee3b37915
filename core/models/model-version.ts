import type { Signature } from './signature';

/** Where a version's files came from, as told at registration (an alias is resolved to its number). */
export type ModelSource =
  | { readonly path: string }
  | { readonly upload: string }
  | { readonly s3: string }
  | { readonly mlflow: string }
  | { readonly image: string };

/** `onnx` runs in our own model server; `mlflow` and `image` behind the container contract. */
export type Runtime = 'onnx' | 'mlflow' | 'image';

/** Rows and what the model must answer for them, within the tolerance of `checkExpected`. */
export interface ExpectedAnswers {
  /** The rows as a `dataframe_split`. */
  readonly input: { readonly columns: readonly string[]; readonly data: readonly unknown[][] };
  readonly predictions: readonly unknown[] | null;
  readonly probabilities: readonly Readonly<Record<string, number>>[] | null;
  /** `given` with the package or registration, or `recorded` from the first answers. */
  readonly origin: 'given' | 'recorded';
}

/** An immutable, numbered version of a model: `wine-red/3`. */
export interface ModelVersion {
  readonly model: string;
  readonly version: number;
  /** `onnx`, `sklearn`, `xgboost`, `pyfunc`, …: the package's own word. */
  readonly flavor: string;
  readonly runtime: Runtime;
  /** `sha256:` and 64 hexadecimal digits: what every load is checked against. */
  readonly digest: string;
  /** Bytes of the package. */
  readonly size: number;
  readonly signature: Signature;
  readonly expected: ExpectedAnswers | null;
  readonly description: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly source: ModelSource;
  readonly created_by: string;
  readonly created_at: string;
}

/** What a list of models shows. */
export interface Model {
  readonly name: string;
  readonly latest_version: number;
  readonly created_by: string;
  readonly created_at: string;
  readonly updated_at: string;
}
