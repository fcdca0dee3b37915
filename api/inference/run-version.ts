import type { Answer } from '../../core/inference/answer';
import type { ModelHost } from '../../core/inference/model-host';
import type { ServingVersion } from '../../core/inference/service-directory';
import type { Signature } from '../../core/models/signature';
import { type CompiledInput, compileInput } from './compiled-input';
import type { Admitted } from './edge';
import { processBody } from './process-body';
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

/** Has one version answer. Cheap models answer at once, others by promise. */
export const invoke = (
  host: Pick<ModelHost, 'invoke'>,
  { serving: { service }, requestId, trace }: Admitted,
  version: ServingVersion,
  request: PredictionRequest,
  received: Uint8Array | null,
): Answer | Promise<Answer> =>
  host.invoke({
    service: service.name,
    version: version.name,
    requestId,
    trace,
    table: request.table,
    body: () => processBody(request, version.model.signature, received),
    params: request.params,
    timeoutMs: service.timeout_ms,
  });
