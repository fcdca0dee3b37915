import type { ModelVersion } from '../models/model-version';
import { DomainError } from '../shared/domain-error';
import type { ServiceVersion } from './service';

/** Undefined when it is not registered, or not any more. */
export type FindModel = (name: string, version: number) => Promise<ModelVersion | undefined>;

/** A version as operators ask for it. */
export interface NewVersion
  extends Pick<ServiceVersion, 'name' | 'description' | 'model' | 'compute' | 'environment'> {
  readonly start: boolean;
}

interface Made {
  readonly service: string;
  readonly by: string;
  readonly id: string;
  readonly at: string;
}

/** A version to be written; `start` says whether it shall run. */
export const newVersion = (
  { name, description, model, compute, environment, start }: NewVersion,
  { service, by, id, at }: Made,
): ServiceVersion => ({
  id,
  service,
  name,
  description,
  model,
  compute,
  environment,
  wanted: start ? 'running' : 'stopped',
  created_by: by,
  created_at: at,
  updated_at: at,
});

type Ref = ServiceVersion['model'];

/** @throws `not-found` */
export const foundModel = async (
  findModel: FindModel,
  { name, version }: Ref,
): Promise<ModelVersion> => {
  const found = await findModel(name, version);
  if (!found) throw modelGone({ name, version });
  return found;
};

/** Says that there is no such model version, and what to do. */
export const modelGone = ({ name, version }: Ref): DomainError =>
  new DomainError('not-found', `no model ${name}/${version}: register it first`);

const shapeOf = ({ signature: { output } }: ModelVersion): string =>
  output.width === 1 ? output.type : `${output.width} × ${output.type}`;

/**
 * One service, one kind of answer: a model must answer values of the same type and width as the
 * service's other versions do. Those whose model is gone do not count.
 * @throws `incompatible-signature`
 */
export const assertSameOutput = async (
  findModel: FindModel,
  model: ModelVersion,
  others: readonly Pick<ServiceVersion, 'name' | 'model'>[],
): Promise<void> => {
  for (const other of others) {
    const theirs = await findModel(other.model.name, other.model.version);
    if (!theirs) continue;
    if (shapeOf(theirs) === shapeOf(model)) return;
    const what = `${model.model}/${model.version} answers ${shapeOf(model)} per row`;
    const message = `${what}, ${other.name} ${shapeOf(theirs)}: give it a service of its own`;
    throw new DomainError('incompatible-signature', message);
  }
};
