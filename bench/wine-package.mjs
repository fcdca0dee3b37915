// Makes an MLflow package with a column signature of a bare ONNX file with one matrix.
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** `columns`: the names of the matrix's columns, in its order. */
export const writePackage = (folder, onnxFile, columns) => {
  mkdirSync(folder, { recursive: true });
  copyFileSync(onnxFile, join(folder, 'model.onnx'));
  const inputs = columns.map((name) => ({ name, type: 'double', required: true }));
  const model = {
    flavors: { onnx: { data: 'model.onnx' } },
    signature: { inputs: JSON.stringify(inputs), outputs: null, params: null },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'MLmodel'), JSON.stringify(model));
};
