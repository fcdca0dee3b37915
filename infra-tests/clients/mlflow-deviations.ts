/** A place where Tidegate answers otherwise than MLflow's scoring server, on purpose. */
export interface Deviation {
  readonly request: string;
  readonly mlflow: string;
  readonly tidegate: string;
  readonly why: string;
}

const COERCED = 'a value of another type is a mistake of the caller that nobody would see';

/**
 * Every deviation, by a name that docs/from-mlflow.md uses too. Each is shown by a recorded body that
 * both servers are asked to answer.
 */
export const mlflowDeviations = {
  'nan-literals': {
    request: '`NaN` or `Infinity` in JSON, as `json.dumps` writes them',
    mlflow: 'a missing value',
    tidegate: '400: send `null`',
    why: 'it is not JSON, and most clients and proxies refuse it',
  },
  'text-for-number': {
    request: '`"1.7"` where a number belongs',
    mlflow: 'read as 1.7',
    tidegate: '400',
    why: COERCED,
  },
  'truth-for-number': {
    request: '`true` where a number belongs',
    mlflow: 'read as 1',
    tidegate: '400',
    why: COERCED,
  },
  'fraction-for-whole': {
    request: '`40.5` where a whole number belongs',
    mlflow: 'cut to 40',
    tidegate: '400; `40.0` is whole',
    why: 'the model would answer for another value',
  },
  'large-whole-numbers': {
    request: 'whole numbers beyond ±2^53−1',
    mlflow: 'read as 64 bits',
    tidegate: '400',
    why: 'JavaScript, and with it most readers of JSON, would change them',
  },
  'number-for-text': {
    request: '`5` where text belongs',
    mlflow: 'read as "5"',
    tidegate: '400',
    why: COERCED,
  },
  'null-text': {
    request: '`null` in a required column of text',
    mlflow: 'handed to the model as None',
    tidegate: '400; in a column that is not required it is missing',
    why: 'the signature says that it is required',
  },
  'other-for-truth': {
    request: '`1`, `"true"` or `null` where true or false belongs',
    mlflow: 'read as true or false',
    tidegate: '400',
    why: `${COERCED}; and a missing value is not false`,
  },
  'short-rows': {
    request: 'rows with fewer cells than columns',
    mlflow: 'the rest is missing',
    tidegate: '400',
    why: 'one forgotten cell moves all others under a wrong name',
  },
  'short-csv-rows': {
    request: 'CSV rows with fewer cells than columns',
    mlflow: 'the rest is missing',
    tidegate: '400',
    why: 'as above',
  },
  'members-missing': {
    request: 'a record without a member that others have',
    mlflow: 'a missing value',
    tidegate: '400: send `null`',
    why: 'a required column that is forgotten in some rows is a mistake',
  },
  'optional-columns': {
    request: 'a column that is not required, absent from the whole request',
    mlflow: 'absent for the model too, which most cannot take (400)',
    tidegate: 'missing for the model: NaN, or "" for text',
    why: 'ONNX graphs take all their inputs, so both kinds of model answer the same',
  },
  'repeated-csv-columns': {
    request: 'a CSV column given twice',
    mlflow: 'the first',
    tidegate: '400',
    why: 'nobody can say which was meant',
  },
  'single-values-in-inputs': {
    request: '`{"inputs": {"age": 40}}`',
    mlflow: 'one row',
    tidegate: '400: `{"inputs": {"age": [40]}}`',
    why: 'one shape for one thing',
  },
  'params-of-another-type': {
    request: '`params` that are no object',
    mlflow: 'ignored by models without parameters',
    tidegate: '400',
    why: 'they were meant for something',
  },
  'words-for-missing-in-csv': {
    request: '`NaN`, `NA`, `null`, … as a CSV cell',
    mlflow: 'a missing value, also in columns of text',
    tidegate: 'an empty cell is missing; these are text, so 400 in a column of numbers',
    why: 'NA is a country, and a name',
  },
  'too-many-rows': {
    request: 'more rows than `max_rows` (512)',
    mlflow: 'no limit',
    tidegate: '400; up to 10,000 by `max_rows`',
    why: 'one call must not keep all others waiting',
  },
  'too-large': {
    request: 'a body over 4,000,000 bytes',
    mlflow: 'no limit',
    tidegate: '413',
    why: 'the limit of the edge on AWS, the same in both homes',
  },
  'too-deep': {
    request: 'JSON deeper than 32 levels',
    mlflow: 'no limit',
    tidegate: '400',
    why: 'no table needs it',
  },
  parquet: {
    request: '`application/vnd.apache.parquet`',
    mlflow: 'read',
    tidegate: '415',
    why: 'not read yet; use JSON or CSV',
  },
  'no-content-type': {
    request: 'a body without `Content-Type`',
    mlflow: '500',
    tidegate: 'JSON',
    why: 'bad input is never a 500',
  },
  'times-with-a-zone': {
    request: '`2026-01-01T00:00:00Z` in a data frame',
    mlflow: '400',
    tidegate: 'read; without a zone it is UTC',
    why: 'RFC 3339 has a zone',
  },
  'other-times': {
    request: '`01/02/2026`, or a number, where a time belongs',
    mlflow: 'guessed',
    tidegate: '400',
    why: 'a guess may be another day',
  },
  'null-times': {
    request: '`null` where a time belongs',
    mlflow: 'handed to the model as NaT',
    tidegate: '400',
    why: 'to ONNX a time is a whole number, which has no such value',
  },
  'times-in-csv': {
    request: 'CSV for a model with a column of times',
    mlflow: '400',
    tidegate: 'read',
    why: 'it can be',
  },
  'names-of-a-nameless-matrix': {
    request: 'a data frame for a model with a tensor signature',
    mlflow: 'read by position, whatever its columns are called',
    tidegate: '400, unless the columns are called `<input>_0`, `<input>_1`, …',
    why: 'columns in another order would be scored wrong without a word (docs/adr/0003)',
  },
  'large-for-float': {
    request: 'a number that a 32-bit float cannot hold',
    mlflow: 'infinity',
    tidegate: '400',
    why: 'it is not what the caller sent',
  },
  'answers-without-a-number': {
    request: 'a request whose answer is NaN or infinite',
    mlflow: '`NaN`, which is not JSON',
    tidegate: '`null`',
    why: 'every client can read it',
  },
} as const satisfies Record<string, Deviation>;

export type DeviationName = keyof typeof mlflowDeviations;
