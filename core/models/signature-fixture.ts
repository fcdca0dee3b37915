import type { Signature } from './signature';

/** Of a model with one column `x` that answers a number. */
export const ONE_COLUMN: Signature = {
  inputs: [{ name: 'x', type: 'double', required: true }],
  positional: false,
  storage: ['float32'],
  matrix: true,
  output: { type: 'double', width: 1, classes: null },
};
