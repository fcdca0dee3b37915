/** What a model answered for `rows` rows. */
export interface Answer {
  /** Row-major, `rows × width`. */
  readonly predictions: ArrayLike<number | bigint | string | boolean | null>;
  readonly width: number;
  /** Row-major, `rows × classes.length`; null when the model gives none. */
  readonly probabilities: {
    readonly classes: readonly string[];
    readonly values: ArrayLike<number>;
  } | null;
  /** Milliseconds inside the model. */
  readonly modelMs: number;
}
