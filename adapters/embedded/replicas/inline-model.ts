import type { Answer } from '../../../core/inference/answer';
import type { Invocation } from '../../../core/inference/model-host';
import type { Table } from '../../../core/inference/table';
import type { ModelVersion } from '../../../core/models/model-version';
import type { Signature } from '../../../core/models/signature';
import type { CostEstimate } from './cost-estimate';
import { modelError } from './dispatcher';

/** A model loaded in this thread. */
export interface LocalModel {
  predict(table: Table): Answer;
  close?(): void;
}

export type LoadInline = (folder: string, signature: Signature) => LocalModel | Promise<LocalModel>;

/** Answers cheap calls without the way to a replica. */
export interface InlineModel {
  /** Whether this call is cheap enough to hold everything else up. */
  takes(table: Table): boolean;
  /** @throws `model-error` */
  predict(invocation: Invocation): Answer;
  close(): void;
}

interface Needs {
  readonly load: LoadInline;
  readonly folder: string;
  readonly model: ModelVersion;
  readonly cost: CostEstimate;
  /** Rows of the package's example, to answer a few times before it counts; null when it has none. */
  readonly example: Table | null;
}

/** A call that is expected to take longer goes to a replica. */
const MOST_MS = 1;
/** Loading holds everything up, too: a file of this size takes a few dozen milliseconds as a rule. */
const MOST_BYTES = 8 * 1024 * 1024;
/** A guard against graphs that unfold; a busy machine easily makes ten times of what a load takes. */
const MOST_LOAD_MS = 1_000;
/** The cost of text grows with its length, which rows do not tell. */
const MOST_TEXT = 64 * 1024;
const WARM_UPS = 3;

/** Whether the model may be loaded in this thread as well. */
export const isCheap = (
  { size }: Pick<ModelVersion, 'size'>,
  loadMs: number,
  cost: CostEstimate,
): boolean => size <= MOST_BYTES && loadMs <= MOST_LOAD_MS && cost.of(1) <= MOST_MS;

export const inlineModel = async (needs: Needs): Promise<InlineModel> => {
  const { load, folder, model, cost, example } = needs;
  const { signature } = model;
  const loaded = await load(folder, signature);
  const texts = signature.storage.flatMap((kind, at) => (kind === 'string' ? [at] : []));

  const lengthOf = ({ rows, cells }: Table): number => {
    let length = 0;
    for (const at of texts) {
      const { values = [], offset = 0, stride = 1 } = cells[at] ?? {};
      for (let r = 0; r < rows; r += 1) {
        const value = values[offset + r * stride];
        if (typeof value === 'string') length += value.length;
      }
    }
    return length;
  };

  if (example && cost.of(example.rows) <= MOST_MS) {
    for (let i = 0; i < WARM_UPS; i += 1) loaded.predict(example);
  }
  return {
    takes: (table) =>
      cost.of(table.rows) <= MOST_MS && (texts.length === 0 || lengthOf(table) <= MOST_TEXT),

    predict({ table }) {
      try {
        const answer = loaded.predict(table);
        cost.saw(table.rows, answer.modelMs);
        return answer;
      } catch (error) {
        throw modelError(error);
      }
    },

    close: () => loaded.close?.(),
  };
};
