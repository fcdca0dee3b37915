import type { Answer } from '../../../core/inference/answer';
import type { ModelVersion } from '../../../core/models/model-version';
import { isDomainError } from '../../../core/shared/domain-error';
import type { invokeEndpoint } from './invoke-endpoint';
import type { PassGate } from './settle-versions';

export interface GateNeeds {
  readonly invoke: ReturnType<typeof invokeEndpoint>;
  /** Holds an answer to the example against what is expected; the faults, in words. */
  readonly checkAnswers: (model: ModelVersion, answer: Answer) => Promise<readonly string[]>;
}

/** Within the time that the control API has for an answer. */
const EXAMPLE_MS = 20_000;

/** Has a version that is new in force answer its example, before anybody else asks it. */
export const passGate =
  ({ invoke, checkAnswers }: GateNeeds): PassGate =>
  async (model, endpoint) => {
    const { expected, signature } = model;
    if (!expected) return { faults: [], trouble: null };
    const body = new TextEncoder().encode(JSON.stringify({ dataframe_split: expected.input }));
    try {
      const answer = await invoke({
        endpoint,
        requestId: 'replay',
        body: [body],
        rows: expected.input.data.length,
        output: signature.output,
        timeoutMs: EXAMPLE_MS,
      });
      return { faults: await checkAnswers(model, answer), trouble: null };
    } catch (error) {
      if (!isDomainError(error)) throw error;
      const { cause } = error;
      const why = cause instanceof Error ? cause.message : error.message;
      if (error.kind === 'model-error') return { faults: [why], trouble: null };
      return { faults: null, trouble: `it has not answered its example yet: ${why}` };
    }
  };
