import type { MessagePort } from 'node:worker_threads';
import type { Answer } from '../core/inference/answer';
import { loadOnnxModel } from './onnx-model';
import { reasonOf } from './unservable';
import type { WorkerCall, WorkerMessage, WorkerStart } from './worker-protocol';

/** Loads a model and answers the calls that come through the port, one after the other. */
export const serveReplica = (port: MessagePort, start: WorkerStart): void => {
  const say = (message: WorkerMessage, buffers: ArrayBuffer[] = []) =>
    port.postMessage(message, buffers);
  const begun = performance.now();
  try {
    const model = loadOnnxModel(start.folder, start.signature);
    port.on('message', ({ id, table }: WorkerCall) => {
      try {
        const answer = model.predict(table);
        say({ type: 'answer', id, answer }, buffersOf(answer));
      } catch (error) {
        say({ type: 'error', id, reason: reasonOf(error, start.folder) });
      }
    });
    say({ type: 'ready', loadMs: performance.now() - begun });
  } catch (error) {
    say({ type: 'failed', reason: reasonOf(error, start.folder) });
    port.close();
  }
};

/** Memory that the answer is done with here, so it moves instead of being copied. */
const buffersOf = ({ predictions, probabilities }: Answer): ArrayBuffer[] => {
  const arrays: unknown[] = [predictions, probabilities?.values];
  const buffers = arrays.flatMap((array) =>
    ArrayBuffer.isView(array) && array.buffer instanceof ArrayBuffer ? [array.buffer] : [],
  );
  return [...new Set(buffers)];
};
