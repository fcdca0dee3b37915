import type { InputColumn, OutputSignature } from '../core/models/signature';
import { answerTypeOfColumn, columnType, columnTypeOfDtype } from './column-types';
import type { MlField } from './ml-model';
import type { WantedInputs } from './onnx-inputs';
import { unservable } from './unservable';

const AGAIN =
  'log the model with a signature of columns (mlflow.models.infer_signature on a DataFrame)';

/**
 * What the inputs of an MLflow signature ask for: columns by name, or places of one nameless matrix.
 * @throws `bad-request` for types and shapes that are no table
 */
export const wantedInputs = (fields: readonly MlField[]): WantedInputs => {
  const [first] = fields;
  const isMatrix = first?.tensor && (first.name === null || widthOf(first) !== 1);
  if (fields.length === 1 && isMatrix) {
    return { kind: 'matrix', type: typeOf(first), width: widthOf(first) };
  }
  const columns = fields.map(columnOf);
  const names = new Set(columns.map(({ name }) => name));
  if (names.size < columns.length)
    throw unservable('two columns of the signature share a name', AGAIN);
  return { kind: 'columns', columns };
};

const columnOf = (field: MlField, place: number): InputColumn => {
  const { name, required } = field;
  if (name === null) throw unservable(`column ${place} of the signature has no name`, AGAIN);
  if (field.tensor && widthOf(field) !== 1) {
    throw unservable(`tensor ${name} is wider than one column, beside others`, AGAIN);
  }
  return { name, type: typeOf(field), required };
};

const typeOf = ({ name, type, tensor }: MlField) => {
  const found = tensor ? columnTypeOfDtype(tensor.dtype) : columnType(type);
  if (found) return found;
  throw unservable(
    `column ${name ?? 0} is ${tensor?.dtype ?? type}, which no table cell can hold`,
    'use double, float, integer, long, string, boolean or datetime columns (bytes as base64 text)',
  );
};

/** Columns of a tensor of rows; null when the signature leaves them open. */
const widthOf = ({ name, tensor }: MlField): number | null => {
  const shape = tensor?.shape ?? [];
  const [, width = 1] = shape;
  if (shape.length < 1 || shape.length > 2) {
    throw unservable(`tensor ${name ?? 0} has ${shape.length} dimensions, a table has two`, AGAIN);
  }
  return width < 0 ? null : width;
};

/**
 * What the outputs of an MLflow signature promise of a row.
 * @throws `bad-request` when there are none, or they are not of one type
 */
export const mlOutput = (fields: readonly MlField[] | null): OutputSignature => {
  const [first, ...others] = fields ?? [];
  if (!fields || !first) {
    throw unservable(
      'the package does not say what it answers',
      'log it with the signature of its answers (mlflow.models.infer_signature(X, model.predict(X)))',
    );
  }
  const type = answerTypeOfColumn[typeOf(first)];
  if (others.some((field) => answerTypeOfColumn[typeOf(field)] !== type)) {
    throw unservable(
      'its answers are of several types',
      'log it with outputs of one type, or with the prediction alone',
    );
  }
  const widths = fields.map((field) => (field.tensor ? widthOf(field) : 1));
  if (widths.includes(null)) {
    throw unservable(
      'the width of its answers is left open',
      'log it with the width of its answers',
    );
  }
  return {
    type,
    width: widths.reduce<number>((sum, width) => sum + (width ?? 0), 0),
    classes: null,
  };
};
