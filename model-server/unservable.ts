import { DomainError } from '../core/shared/domain-error';

/** A package that cannot be served: what is wrong with it, and what its author can do. */
export const unservable = (what: string, wayOut: string): DomainError =>
  new DomainError('bad-request', `${what}: ${wayOut}`);

/** For graphs that only their own framework understands. */
export const THROUGH_MLFLOW =
  'log the model itself with MLflow (mlflow.sklearn, mlflow.pyfunc, …) and register that, to serve it through MLflow’s own scoring process';

/** The runtime cannot run an operator of the graph. */
export const unknownOperator = (operator: string): DomainError =>
  unservable(
    `onnxruntime 1.30 has no operator ${operator}`,
    `export with standard operators and an older target_opset, or ${THROUGH_MLFLOW}`,
  );

/** What went wrong, without the folder that only this machine knows. */
export const reasonOf = (error: unknown, folder = ''): string => {
  const text = error instanceof Error ? error.message : String(error);
  const plain = folder ? text.replaceAll(folder, '') : text;
  return plain.replace(/\s+/g, ' ').slice(0, 500);
};
