// The oracle of every run: what the model answers through the runtime's public API.
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';

export const answersTo = async (rows) => {
  const model = join(import.meta.dirname, '../examples/wine/model/model.onnx');
  const session = await InferenceSession.create(model);
  const cells = Float32Array.from(rows.flat());
  const answer = await session.run({ x: new Tensor('float32', cells, [rows.length, 11]) });
  return Array.from(answer[session.outputNames[0]].data);
};
