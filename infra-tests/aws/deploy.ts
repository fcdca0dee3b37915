import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Caller, caller } from '../support/api';
import { signedFor } from './emulator/as-root';
import type { Emulator } from './emulator/start';

const ROOT = join(__dirname, '../..');
const CLI_MS = 240_000;
const PLATFORM_MS = 400_000;
const PLATFORM = 'tsx bin/platform.ts';
const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/model-server:1';
/** What each command wants so as to ask nobody. */
const UNASKED: Readonly<Record<string, readonly string[]>> = {
  bootstrap: [],
  deploy: ['--require-approval', 'never', '--progress', 'events'],
  destroy: ['--force'],
};

interface Assembly {
  /** The program that makes the assembly, run once. */
  readonly app?: string;
  /** The folder that holds it: commands after the first take it as it lies there. */
  readonly out: string;
  readonly context?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
}

/**
 * Runs the real CDK CLI on the emulator: `cdk(emulator, ['deploy', '--all'], { out })`. The app is
 * synthesized once into `out`, for `bootstrap` would do it again, without bundling.
 * @returns what it printed
 * @throws with that when it fails or is late
 */
export const cdk = async (
  emulator: Pick<Emulator, 'env'>,
  [command = '', ...args]: readonly string[],
  { app = PLATFORM, out, context = {}, timeoutMs = CLI_MS }: Assembly,
): Promise<string> => {
  const run = (args_: readonly string[]) => runCli(emulator.env, args_, timeoutMs);
  if (!existsSync(join(out, 'manifest.json'))) {
    const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await run(['synth', '--quiet', '--app', app, '--output', out, ...given]);
  }
  return run([command, ...args, ...(UNASKED[command] ?? []), '--app', out]);
};

/** A stage of the platform, and an admin of it. */
export interface Deployed {
  readonly url: string;
  readonly token: string;
  readonly operator: Caller;
  /** What `cdk destroy` printed. */
  destroy(): Promise<string>;
}

/** Deploys the platform whole, as the stage `dev` and without a manifest, from a folder of the test's own. */
export const deployPlatform = async (
  emulator: Pick<Emulator, 'env' | 'endpoint' | 'account' | 'region'>,
  { folder, app = PLATFORM, modelServerImage = IMAGE }: PlatformOptions,
): Promise<Deployed> => {
  const outputs = join(folder, 'outputs.json');
  const assembly = {
    app,
    out: join(folder, 'cdk'),
    context: { stage: 'dev', manifest: 'none', modelServerImage },
    timeoutMs: PLATFORM_MS,
  };
  await cdk(emulator, ['bootstrap', `aws://${emulator.account}/${emulator.region}`], assembly);
  await cdk(emulator, ['deploy', '--all', '--outputs-file', outputs], assembly);
  const { RestApiId } = JSON.parse(readFileSync(outputs, 'utf8'))['tidegate-dev-api'];
  const url = `${emulator.endpoint}/restapis/${RestApiId}/v1/_user_request_`;
  const signedIn = await caller(url)('/api/session/admin', {
    ...{ method: 'POST', headers: signedFor('execute-api') },
  });
  if (signedIn.status !== 201) throw new Error(`nobody can sign in: ${signedIn.text}`);
  const { token } = signedIn.body;
  const destroy = () => cdk(emulator, ['destroy', '--all'], assembly);
  return { url, token, operator: caller(url, token), destroy };
};

interface PlatformOptions {
  readonly folder: string;
  /** What makes the stage `dev`, where it is not the platform's own program. */
  readonly app?: string;
  readonly modelServerImage?: string;
}

const runCli = (
  env: Readonly<Record<string, string>>,
  args: readonly string[],
  timeoutMs: number,
): Promise<string> =>
  new Promise((resolve, reject) => {
    const child = spawn('cdk', [...args, '--no-notices'], {
      ...{ cwd: ROOT, env },
      stdio: ['ignore', 'pipe', 'pipe'],
      // It starts programs of its own, which a signal to the group reaches.
      detached: true,
    });
    let printed = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        printed += text;
      });
    }
    const late = setTimeout(() => {
      if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
    }, timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(late);
      if (code === 0) resolve(printed);
      else reject(new Error(`cdk ${args[0]} ended with ${code}:\n${printed}`));
    });
  });
