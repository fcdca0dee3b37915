import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { delimiter, dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface MlflowServer {
  readonly url: string;
  stop(): Promise<void>;
}

const PATIENCE_MS = 110_000;

/** Runs `mlflow models serve` on a model until it answers. @throws with what it printed */
export const serveWithMlflow = async (python: string, model: string): Promise<MlflowServer> => {
  const port = await freePort();
  const options = ['--env-manager', 'local', '-h', '127.0.0.1', '-p', `${port}`, '-m', model];
  const child = spawn(python, ['-m', 'mlflow', 'models', 'serve', ...options], {
    env: {
      ...process.env,
      PATH: `${dirname(python)}${delimiter}${process.env.PATH}`,
      MLFLOW_DISABLE_TELEMETRY: 'true',
      // Its default of 5 s closes connections at the moment they are used again.
      UVICORN_TIMEOUT_KEEP_ALIVE: '600',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    // It starts its server as a process of its own, which a signal to the group reaches.
    detached: true,
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
    });
  }
  const ended = once(child, 'exit');
  const url = `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.pid === undefined) return;
    process.kill(-child.pid, 'SIGKILL');
    await ended;
  };
  for (const end = Date.now() + PATIENCE_MS; !(await answers(url)); await sleep(100)) {
    if (child.exitCode === null && Date.now() < end) continue;
    await stop();
    throw new Error(`MLflow does not serve ${model}:\n${text}`);
  }
  return { url, stop };
};

const answers = (url: string): Promise<boolean> =>
  fetch(`${url}/ping`).then(
    ({ ok }) => ok,
    () => false,
  );

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return address !== null && typeof address === 'object' ? address.port : 0;
};
