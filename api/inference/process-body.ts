import { splitText } from '../../core/capture/apply-policy';
import type { Signature } from '../../core/models/signature';
import { millisecondsOf } from './date-time';
import type { PredictionRequest } from './read-request';

/**
 * The rows as a `dataframe_split` body for a model in a process; `received` is the caller's, where it
 * is one already. MLflow takes no time with a zone there, so times are UTC without one. A column that
 * may be absent and is, is null: missing to this model as it would be to one in ONNX.
 */
export const processBody = (
  request: Pick<PredictionRequest, 'split'>,
  { inputs }: Pick<Signature, 'inputs'>,
  received: Uint8Array | null,
): Uint8Array => {
  const asItCame = inputs.every(({ type, required }) => required && type !== 'datetime');
  if (received && asItCame) return received;
  const split = request.split();
  const columns = inputs.map(({ name }) => name);
  const places = columns.map((name) => split.columns.indexOf(name));
  const data = split.data.map((row) =>
    inputs.map(({ type }, column) => {
      const cell = row[places[column] ?? -1] ?? null;
      return type === 'datetime' ? withoutZone(cell) : cell;
    }),
  );
  return new TextEncoder().encode(splitText({ columns, data }));
};

const withoutZone = (cell: unknown): unknown => {
  const milliseconds = typeof cell === 'string' ? millisecondsOf(cell) : null;
  return milliseconds === null ? cell : new Date(milliseconds).toISOString().slice(0, -1);
};
