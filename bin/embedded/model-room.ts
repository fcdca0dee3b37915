import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { digestOfFolder, fileArtifactStore } from '../../adapters/embedded/file-artifact-store';
import { mlflowRegistry } from '../../adapters/embedded/mlflow-registry';
import { packageSources } from '../../adapters/embedded/package-sources';
import { uploads } from '../../adapters/embedded/package-upload';
import { newId, now, randomSecret } from '../../adapters/primitives';
import { modelRecords } from '../../core/models/model-records';
import type { RecordStore } from '../../core/shared/record-store';
import { packageChecks } from '../../model-server/package-checks';
import type { Env } from './options';

interface Needs {
  /** The path of a folder among the data. */
  readonly inData: (name: string) => string;
  readonly records: RecordStore;
  readonly env: Env;
}

/** Packages: where they come from, how they are tried, where they are kept. */
export const modelRoom = ({ inData, records, env }: Needs) => {
  const workerFile = fileURLToPath(new URL('./model-worker.mjs', import.meta.url));
  const artifacts = fileArtifactStore(inData('artifacts'));
  const place = uploads({ folder: inData('uploads'), now, newId, newToken: randomSecret });
  const sources = packageSources({
    uploads: place,
    roots: (env.TIDEGATE_MODEL_ROOTS ?? '').split(delimiter).filter((root) => root !== ''),
    mlflow: mlflowOf(env),
    scratch: inData('scratch'),
    newId,
  });
  const models = modelRecords(records);
  const checks = packageChecks({ workerFile });
  return {
    workerFile,
    artifacts,
    registration: { models, artifacts, sources, checks, now },
    digestOf: digestOfFolder,
    createUpload: place.create,
    receiveUpload: place.receive,
    sweepUploads: place.sweep,
  };
};

export type ModelRoom = ReturnType<typeof modelRoom>;

/** The tracking server that MLflow's own variables name. */
const mlflowOf = (env: Env) => {
  const { MLFLOW_TRACKING_URI: trackingUri } = env;
  if (!trackingUri) return null;
  return mlflowRegistry({ trackingUri, login: loginOf(env) });
};

const loginOf = ({
  MLFLOW_TRACKING_TOKEN: token,
  MLFLOW_TRACKING_USERNAME: username,
  MLFLOW_TRACKING_PASSWORD: password,
}: Env) => {
  if (token) return { token };
  return username && password ? { username, password } : undefined;
};
