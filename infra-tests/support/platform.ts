import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const NODE = join(root, 'node_modules/.bin/node');
const TIDEGATE = join(root, '.build/tidegate.mjs');
export const wineModel = join(root, 'examples/wine/model');
export const wineModelV2 = join(root, 'examples/wine/model-v2');

/** An embedded platform as a process of its own, on a free port. */
export interface Running {
  readonly url: string;
  readonly token: string;
  readonly data: string;
  readonly process: ChildProcess;
  /** What it printed so far, both streams. */
  readonly output: () => string;
  /** Keys that the manifest made. */
  readonly key: (service: string, name: string) => string;
  /** SIGTERM and the exit code. */
  stop(): Promise<number | null>;
  /** SIGKILL. */
  kill(): Promise<void>;
}

interface Options {
  /** YAML; paths in it are relative to the repository. */
  readonly manifest?: string;
  /** To start again on the same data. */
  readonly data?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

const folders: string[] = [];

/** A folder that is removed when the tests of the file are over. */
export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-'));
  folders.push(folder);
  return folder;
};

/** Starts the built program and resolves once it says that it is ready. */
export const startPlatform = async (options: Options = {}): Promise<Running> => {
  const data = options.data ?? join(temporaryFolder(), 'data');
  const started = spawnPlatform(data, options);
  const { child, output } = started;
  const ended = once(child, 'exit');
  while (!output().includes('is ready on ')) {
    const next = await Promise.race([once(child.stdout ?? child, 'data'), ended.then(() => null)]);
    if (next === null) throw new Error(`it ended instead of starting:\n${output()}`);
  }
  const url = /is ready on (\S+)/.exec(output())?.[1] ?? '';
  const credentials = () => JSON.parse(readFileSync(join(data, 'credentials.json'), 'utf8'));
  return {
    url,
    token: credentials().operator_token,
    data,
    process: child,
    output,
    key: (service, name) => credentials().keys[service][name],
    stop: async () => {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await ended;
    },
  };
};

/** Starts the built program on a folder, whatever becomes of it. */
export const spawnPlatform = (data: string, { manifest, env, args = [] }: Options = {}) => {
  const file = join(temporaryFolder(), 'tidegate.yaml');
  writeFileSync(file, (manifest ?? 'services: {}\n').replaceAll('./', `${root}/`));
  const options = ['up', '--port', '0', '--data', data, '--manifest', file, ...args];
  const child = spawn(NODE, ['--max-semi-space-size=4', TIDEGATE, ...options], {
    cwd: temporaryFolder(),
    // Tests keep all processors busy, and look at the tables.
    env: { ...process.env, TIDEGATE_BUILD_PRIORITY: 'low', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  const take = (chunk: Buffer): void => {
    text += chunk.toString();
  };
  child.stdout.on('data', take);
  child.stderr.on('data', take);
  return { child, output: () => text };
};

afterAll(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
