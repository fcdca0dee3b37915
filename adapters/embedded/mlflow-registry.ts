import { createWriteStream } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DomainError } from '../../core/shared/domain-error';
import { type MlflowLogin, mlflowRest } from './mlflow-rest';
import { MAX_BYTES, MAX_FILES } from './package-folder';

interface Needs {
  /** `http://127.0.0.1:5000`: MLflow's `MLFLOW_TRACKING_URI`. */
  readonly trackingUri: string;
  readonly login?: MlflowLogin | undefined;
}

/** Registered models of an MLflow tracking server. */
export interface MlflowRegistry {
  /**
   * Downloads `models:/name/3` or `models:/name@alias` into a folder that is there. Answers the
   * version's own name, `models:/name/3`, also for an alias.
   * @throws `bad-request` with what the server says, or what it would need
   */
  download(uri: string, into: string): Promise<string>;
}

const MODEL_URI = /^models:\/([^/@]{1,256})(?:\/(\d{1,9})|@([^/@]{1,256}))$/;

interface Listed {
  readonly path: string;
  readonly is_dir: boolean;
  readonly file_size?: number;
}

export const mlflowRegistry = ({ trackingUri, login }: Needs): MlflowRegistry => {
  const rest = mlflowRest({ trackingUri, login });

  const versionOf = async (name: string, alias: string): Promise<string> => {
    const { model_version } = await rest.json<{ model_version?: { version?: string } }>(
      `/api/2.0/mlflow/registered-models/alias?${new URLSearchParams({ name, alias })}`,
    );
    if (model_version?.version) return model_version.version;
    throw new DomainError('bad-request', `MLflow knows no version of ${name} as ${alias}`);
  };

  const list = async (folder: string): Promise<readonly Listed[]> => {
    const query = new URLSearchParams({ path: folder });
    const { files = [] } = await rest.json<{ files?: readonly Listed[] }>(
      `/api/2.0/mlflow-artifacts/artifacts?${query}`,
    );
    return files;
  };

  /** Everything under a folder; names are MLflow's, so they are looked at before they become paths. */
  const walk = async (folder: string, under: string, found: Listed[], depth: number) => {
    for (const entry of await list(under === '' ? folder : `${folder}/${under}`)) {
      const name = entry.path.split('/').at(-1) ?? '';
      if (!/^[^\\/\0]+$/.test(name) || name === '.' || name === '..' || depth > 16) {
        throw new DomainError('bad-request', 'MLflow lists a file whose name is no plain name');
      }
      const path = under === '' ? name : `${under}/${name}`;
      if (entry.is_dir) await walk(folder, path, found, depth + 1);
      else found.push({ ...entry, path });
      if (found.length > MAX_FILES) throw tooMuch();
    }
    return found;
  };

  const save = async (folder: string, { path }: Listed, into: string, room: { left: number }) => {
    const url = `/api/2.0/mlflow-artifacts/artifacts/${`${folder}/${path}`.split('/').map(encodeURIComponent).join('/')}`;
    const target = join(into, path);
    await mkdir(dirname(target), { recursive: true });
    async function* limited() {
      for await (const chunk of rest.stream(url)) {
        room.left -= chunk.length;
        if (room.left < 0) throw tooMuch();
        yield chunk;
      }
    }
    await pipeline(limited(), createWriteStream(target));
  };

  return {
    async download(uri, into) {
      const [, name, number, alias] = MODEL_URI.exec(uri) ?? [];
      if (name === undefined) {
        throw new DomainError(
          'bad-request',
          'an MLflow model is models:/name/3 or models:/name@alias',
        );
      }
      const version = number ?? (await versionOf(name, alias ?? ''));
      const query = new URLSearchParams({ name, version });
      const { artifact_uri } = await rest.json<{ artifact_uri?: string }>(
        `/api/2.0/mlflow/model-versions/get-download-uri?${query}`,
      );
      const folder = proxiedFolder(artifact_uri ?? '', trackingUri);
      const files = await walk(folder, '', [], 0);
      if (files.length === 0) {
        throw new DomainError('bad-request', `MLflow has no files of ${name}/${version}`);
      }
      const room = { left: MAX_BYTES };
      for (const file of files) await save(folder, file, into, room);
      return `models:/${name}/${version}`;
    },
  };
};

const PROXY = '/api/2.0/mlflow-artifacts/artifacts/';

/** Where the tracking server itself hands out a model's files; stores of others are not ours to read. */
const proxiedFolder = (artifactUri: string, trackingUri: string): string => {
  const base = trackingUri.replace(/\/+$/, '');
  if (artifactUri.startsWith(base + PROXY)) return artifactUri.slice(base.length + PROXY.length);
  const [, host, folder] = /^mlflow-artifacts:(?:\/\/([^/]*))?\/+(.+)$/.exec(artifactUri) ?? [];
  if (folder !== undefined && (!host || host === new URL(trackingUri).host)) return folder;
  throw new DomainError(
    'bad-request',
    `the model's files lie in ${artifactUri.split(':')[0] || 'an unknown'} storage that the tracking server does not hand out: start it with --serve-artifacts, or download the model (mlflow artifacts download -u ${'models:/…'}) and register the folder`,
  );
};

const tooMuch = (): DomainError =>
  new DomainError(
    'bad-request',
    `a model package holds at most ${MAX_FILES} files and ${MAX_BYTES} bytes`,
  );
