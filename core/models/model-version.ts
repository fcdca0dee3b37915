import type { Container } from './container';
import type { Signature } from './signature';

/** Where a version's files came from, as told at registration (an alias is resolved to its number). */
export type ModelSource =
  | { readonly path: string }
  | { readonly upload: string }
  | { readonly s3: string }
  | { readonly mlflow: string }
  | { readonly image: ImageSource };

/** An image, and where the files for its container come from. */
export interface ImageSource {
  /** `registry/repository@sha256:…` */
  readonly uri: string;
  /** For `/opt/ml/model`. */
  readonly data?: { readonly upload: string } | { readonly s3: string } | undefined;
}

/** An image as it is registered. */
export interface AskedImage extends ImageSource {
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** As MLflow writes it. */
  readonly signature?: unknown;
}

/** Where a version's files shall come from. */
export type AskedSource =
  | Exclude<ModelSource, { readonly image: unknown }>
  | { readonly image: AskedImage };

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
  /** The image that runs it; undefined for all that needs none. */
  readonly container?: Container | undefined;
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
