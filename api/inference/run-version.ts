import type { Answer } from '../../core/inference/answer';
import type { ModelHost } from '../../core/inference/model-host';
import type { ServingVersion } from '../../core/inference/service-directory';
import type { Signature } from '../../core/models/signature';
import { type CompiledInput, compileInput } from './compiled-input';
import { millisecondsOf } from './date-time';
import type { Admitted } from './edge';
import type { PredictionRequest, ReadOptions } from './read-request';

/** Signatures made ready once each. Model versions are immutable, and so are their signatures. */
export const compiledInputs = () => {
  const known = new WeakMap<Signature, CompiledInput>();
  return ({ model }: ServingVersion): CompiledInput => {
    const found = known.get(model.signature);
    if (found) return found;
    const compiled = compileInput(model.signature);
    known.set(model.signature, compiled);
    return compiled;
  };
};

export const readOptions = (
  { serving: { service } }: Admitted,
  { model }: ServingVersion,
): ReadOptions => ({
  maxRows: service.max_rows,
  positional: service.positional || model.signature.positional,
});

/**
 * The rows as a `dataframe_split` body for a model in a process. MLflow takes no time with a zone
 * there, so all are written as UTC without one.
 */
const bodyOf = (request: PredictionRequest, { inputs }: Signature): Uint8Array => {
  const { columns, data } = request.split();
  const times = new Set(inputs.flatMap(({ name, type }) => (type === 'datetime' ? [name] : [])));
  const places = columns.map((column) => times.has(column));
  const rows = data.map((row) => row.map((cell, place) => (places[place] ? utc(cell) : cell)));
  return new TextEncoder().encode(JSON.stringify({ dataframe_split: { columns, data: rows } }));
};

const utc = (cell: unknown): unknown => {
  const milliseconds = typeof cell === 'string' ? millisecondsOf(cell) : null;
  return milliseconds === null ? cell : new Date(milliseconds).toISOString().slice(0, -1);
};

const hasTimes = ({ inputs }: Signature): boolean => inputs.some(({ type }) => type === 'datetime');

/** Has one version answer. Cheap models answer at once, others by promise. */
export const invoke = (
  host: Pick<ModelHost, 'invoke'>,
  { serving: { service }, requestId }: Admitted,
  version: ServingVersion,
  request: PredictionRequest,
  received: Uint8Array | null,
): Answer | Promise<Answer> =>
  host.invoke({
    service: service.name,
    version: version.name,
    requestId,
    table: request.table,
    // A body that is one dataframe_split already goes on as it came.
    body: () =>
      received === null || hasTimes(version.model.signature)
        ? bodyOf(request, version.model.signature)
        : received,
    params: request.params,
    timeoutMs: service.timeout_ms,
  });
