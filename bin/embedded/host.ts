import { mkdirSync } from 'node:fs';
import { localHost } from '../../adapters/embedded/local-host';
import { newId, now } from '../../adapters/primitives';
import { keepFirstAnswers } from '../../core/models/keep-first-answers';
import type { LogStore } from '../../core/services/log-store';
import { loadInlineModel } from '../../model-server/onnx-model';
import { tableOf } from '../../model-server/table-of';
import type { ModelRoom } from './model-room';
import type { Env } from './options';

interface Needs {
  /** Where child processes are remembered. */
  readonly folder: string;
  readonly env: Env;
  readonly model: ModelRoom;
  readonly logs: LogStore;
}

/** What runs the models: our own model server in threads, all else as processes. */
export const openHost = ({ folder, env, model, logs }: Needs) => {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const keepAnswers = keepFirstAnswers({ models: model.registration.models });
  return localHost({
    artifacts: model.artifacts,
    workerFile: model.workerFile,
    folder,
    environment: env,
    loadInline: loadInlineModel,
    checkAnswers: ({ model: name, version }, answer) => keepAnswers(name, version, answer),
    tableOf,
    logs,
    now,
    newId,
  });
};
