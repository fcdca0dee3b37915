import type { Answer } from '../../core/inference/answer';

type Cell = number | bigint | string | boolean | null | undefined;

/** One value as JSON: NaN and infinities are `null`, half a surrogate pair is U+FFFD. */
const cellJson = (value: Cell): string => {
  if (typeof value === 'number') return Number.isFinite(value) ? `${value}` : 'null';
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  return value === undefined ? 'null' : `${value}`;
};

/** `predictions` as JSON: a scalar per row, or an array when the output is wider. */
export const predictionsJson = ({ predictions, width }: Answer): string => {
  let json = '[';
  if (width === 1) {
    for (let i = 0; i < predictions.length; i += 1) {
      json += (i === 0 ? '' : ',') + cellJson(predictions[i]);
    }
    return `${json}]`;
  }
  for (let i = 0; i < predictions.length; i += 1) {
    const place = i % width;
    json += (place === 0 ? (i === 0 ? '[' : '],[') : ',') + cellJson(predictions[i]);
  }
  return predictions.length > 0 ? `${json}]]` : '[]';
};

// Class names are the same for every answer of a model: their JSON is made once.
const keysOf = new WeakMap<readonly string[], readonly string[]>();

const classKeys = (classes: readonly string[]): readonly string[] => {
  const known = keysOf.get(classes);
  if (known) return known;
  const keys = classes.map((name) => `${JSON.stringify(name.toWellFormed())}:`);
  keysOf.set(classes, keys);
  return keys;
};

/** `probabilities` as JSON, an object by class name per row; null when the model gives none. */
export const probabilitiesJson = ({ probabilities }: Answer): string | null => {
  if (!probabilities) return null;
  const { classes, values } = probabilities;
  const keys = classKeys(classes);
  let json = '[';
  for (let i = 0; i < values.length; i += 1) {
    const place = i % keys.length;
    json += place === 0 ? (i === 0 ? '{' : '},{') : ',';
    json += keys[place] + cellJson(values[i]);
  }
  return values.length > 0 ? `${json}}]` : '[]';
};

/** What an answer says of where it comes from. */
export interface AnswerIds {
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly version: string;
  /** `wine-red/3`. */
  readonly modelVersion: string;
}

/** The body of a 200 of `/predict`. Ids and names hold nothing that JSON would escape, but for a caller's own id. */
export const answerJson = (answer: Answer, ids: AnswerIds): string => {
  const probabilities = probabilitiesJson(answer);
  return (
    `{"predictions":${predictionsJson(answer)}` +
    (probabilities === null ? '' : `,"probabilities":${probabilities}`) +
    `,"request_id":"${ids.requestId}"` +
    (ids.clientRequestId === null
      ? ''
      : `,"client_request_id":${JSON.stringify(ids.clientRequestId)}`) +
    `,"service_version":"${ids.version}","model_version":"${ids.modelVersion}"}`
  );
};
