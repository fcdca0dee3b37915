import type { MessagePort } from 'node:worker_threads';
import type { Answer } from '../core/inference/answer';
import type { Signature } from '../core/models/signature';
import { loadOnnxModel } from './onnx-model';
import { describePackage } from './package-reader';
import { reasonOf, unservable } from './unservable';
import type { Wake, WorkerCall, WorkerMessage, WorkerStart } from './worker-protocol';

/**
 * Loads a model and answers the calls that come through the port, one after the other. It ends when it
 * is told to, after the call that it works on.
 */
export const serveReplica = (port: MessagePort, start: WorkerStart): void => {
  const say = (message: WorkerMessage, buffers: ArrayBuffer[] = []) =>
    port.postMessage(message, buffers);
  const begun = performance.now();
  try {
    const signature = start.signature ?? signatureIn(start.folder);
    const model = loadOnnxModel(start.folder, signature, start.device);
    port.on('message', (call: WorkerCall | Wake) => {
      if (call === null || isEnding(start)) {
        port.close();
        return;
      }
      const { id, table } = call;
      try {
        const answer = model.predict(table);
        say({ type: 'answer', id, answer }, buffersOf(answer));
      } catch (error) {
        say({ type: 'error', id, reason: reasonOf(error, start.folder) });
      }
    });
    say({ type: 'ready', loadMs: performance.now() - begun, signature });
  } catch (error) {
    say({ type: 'failed', reason: reasonOf(error, start.folder) });
    port.close();
  }
};

const isEnding = ({ ending }: WorkerStart): boolean =>
  ending !== undefined && Atomics.load(ending, 0) === 1;

const signatureIn = (folder: string): Signature => {
  const { signature, runtime, flavor } = describePackage(folder);
  if (runtime === 'onnx') return signature;
  throw unservable(
    `the package is of flavor ${flavor}, and this server runs ONNX alone`,
    'serve it by an image of its own, with the container contract and all that the model needs',
  );
};

/** Memory that the answer is done with here, so it moves instead of being copied. */
const buffersOf = ({ predictions, probabilities }: Answer): ArrayBuffer[] => {
  const arrays: unknown[] = [predictions, probabilities?.values];
  const buffers = arrays.flatMap((array) =>
    ArrayBuffer.isView(array) && array.buffer instanceof ArrayBuffer ? [array.buffer] : [],
  );
  return [...new Set(buffers)];
};
