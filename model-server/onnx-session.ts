// Not the package's public face: its run() puts every call behind a setImmediate and a second set of
// objects, though the native run below it blocks all the same. Pinned to onnxruntime-node 1.30.0.
import { isMainThread } from 'node:worker_threads';
import { type Binding, binding } from 'onnxruntime-node/dist/binding.js';
import { reasonOf, THROUGH_MLFLOW, unknownOperator, unservable } from './unservable';

/** A tensor as the native binding takes and gives it; nothing of it is copied on the way in. */
export interface NativeTensor {
  readonly type: string;
  readonly dims: number[];
  data: unknown;
  readonly location: 'cpu';
}

/** What the binding makes of outputs; onnxruntime's own class would check them all over again. */
class OutputTensor implements NativeTensor {
  readonly location = 'cpu';
  readonly type: string;
  readonly dims: number[];
  data: unknown;

  constructor(type: string, data: unknown, dims: number[]) {
    this.type = type;
    this.data = data;
    this.dims = dims;
  }
}

const ERRORS_ONLY = 3;
let initialized = false;

const initialize = (): void => {
  if (initialized) return;
  binding.initOrtOnce(ERRORS_ONLY, OutputTensor as never, isMainThread);
  initialized = true;
};

export interface OnnxSession {
  /** Runs here and now, on this thread. */
  run(
    feeds: Readonly<Record<string, NativeTensor>>,
    fetches: Readonly<Record<string, null>>,
    options: object,
  ): Readonly<Record<string, NativeTensor>>;
  dispose(): void;
}

/** Where a model runs: `cuda` for what of it an NVIDIA GPU can do, in an image that brings CUDA. */
export type Device = 'cpu' | 'cuda';

const PROVIDERS: Readonly<Record<Device, string[]>> = { cpu: ['cpu'], cuda: ['cuda', 'cpu'] };

const OPTIONS = {
  // More threads only make the tail longer, and the machine's cores belong to the replicas.
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
  graphOptimizationLevel: 'all',
  // Both keep memory for every batch size they see, and are no faster for it.
  enableCpuMemArena: false,
  enableMemPattern: false,
  logSeverityLevel: 4,
} as const;

/** The model's bytes in memory, and the folder where its external weights lie. */
export interface ModelBytes {
  readonly bytes: Uint8Array;
  readonly folder: string;
}

/**
 * Opens a model file, or the same rewritten in memory.
 * @throws `bad-request` with the reason, when this onnxruntime cannot run it
 */
export const openOnnxSession = (
  model: string | ModelBytes,
  device: Device = 'cpu',
): OnnxSession => {
  initialize();
  const session = new binding.InferenceSession();
  try {
    load(session, model, { ...OPTIONS, executionProviders: PROVIDERS[device] });
  } catch (error) {
    throw refused(reasonOf(error, typeof model === 'string' ? '' : model.folder));
  }
  return session as unknown as OnnxSession;
};

const load = (
  session: Binding.InferenceSession,
  model: string | ModelBytes,
  options: typeof OPTIONS & { readonly executionProviders: string[] },
): void => {
  if (typeof model === 'string') {
    session.loadModel(model, options);
    return;
  }
  const { buffer, byteOffset, byteLength } = model.bytes;
  session.loadModel(buffer as ArrayBuffer, byteOffset, byteLength, {
    ...options,
    extra: { session: { model_external_initializers_file_folder_path: model.folder } },
  });
};

const OPERATOR =
  /(?:Fatal error: |No Op registered for |implementation for )([\w.:]+\([-\d]+\)|[\w.:]+)/;

const refused = (reason: string) => {
  const operator =
    /not a registered function|No Op registered|Could not find an implementation/.test(reason)
      ? OPERATOR.exec(reason)?.[1]
      : undefined;
  if (operator) return unknownOperator(operator);
  return unservable(
    `onnxruntime 1.30 cannot load the model (${reason})`,
    `export it again, or ${THROUGH_MLFLOW}`,
  );
};
