/** One statement for the engine; a writing one may be run again without doing its work twice. */
export interface Statement {
  /** What it is for, in a word or two: for names of steps and for messages. */
  readonly step: string;
  readonly sql: string;
  /** Where its failure is a result like any other: the work goes on with it. */
  readonly mayFail?: true;
}

/** What a statement or a chore came to, in the order of its rows; a missing value is null. */
export interface StatementResult {
  readonly rows: readonly (readonly (string | null)[])[];
  /** Rows that a writing statement has written, or objects that a chore has; null for others. */
  readonly written: number | null;
  /** The statement's id, by which its whole result is found in S3. */
  readonly query?: string;
  /** Why it failed, of a statement that may. */
  readonly failed?: string;
}
