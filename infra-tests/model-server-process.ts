import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { type Caller, caller, until } from './support/api';
import { temporaryFolder } from './support/platform';

const ROOT = resolve(__dirname, '..');
const NODE = join(ROOT, 'node_modules/.bin/node');
const PROGRAM = join(ROOT, '.build/model-server.mjs');

/** A model server as a process of its own, started as its image starts it. */
export interface ModelServer {
  readonly call: Caller;
  readonly process: ChildProcess;
  /** What it wrote. */
  readonly lines: () => readonly {
    readonly level: string;
    readonly message: string;
    readonly request_id?: string;
    readonly trace_id?: string;
  }[];
  /** The exit code, once it has ended. */
  readonly ended: Promise<number | null>;
}

const running: ModelServer[] = [];

/** A fixture of the model server alone in a folder, as a package. */
export const fixturePackage = (name: string): string => {
  const folder = temporaryFolder();
  copyFileSync(join(ROOT, 'model-server/fixtures', name), join(folder, basename(name)));
  return folder;
};

/** Starts it on a package and resolves once its port is bound, or it has ended. */
export const startModelServer = async (
  folder: string,
  env: Readonly<Record<string, string>> = {},
): Promise<ModelServer> => {
  const child = spawn(NODE, [PROGRAM, 'serve'], {
    env: {
      TIDEGATE_HOST: '127.0.0.1',
      SAGEMAKER_BIND_TO_PORT: '0',
      TIDEGATE_MODEL_FOLDER: folder,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => {
    text += chunk.toString();
  });
  const lines = () =>
    text
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  const ended = once(child, 'close').then(([code]) => code as number | null);
  const port = () => /listening on 127\.0\.0\.1:(\d+)/.exec(text)?.[1];
  await until(
    async () => port() ?? child.exitCode,
    (found) => found !== null,
  );
  const server = { call: caller(`http://127.0.0.1:${port()}`), process: child, lines, ended };
  running.push(server);
  return server;
};

/** Starts it and waits for its ping. */
export const loadedModelServer = async (
  ...start: Parameters<typeof startModelServer>
): Promise<ModelServer> => {
  const server = await startModelServer(...start);
  await until(
    () => server.call('/ping'),
    ({ status }) => status === 200,
  );
  return server;
};

afterAll(async () => {
  for (const { process: child, ended } of running.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
