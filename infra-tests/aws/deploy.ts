import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Emulator } from './emulator/start';

const ROOT = join(__dirname, '../..');
const CLI_MS = 240_000;
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
  { app = 'tsx bin/platform.ts', out, context = {}, timeoutMs = CLI_MS }: Assembly,
): Promise<string> => {
  const run = (args_: readonly string[]) => runCli(emulator.env, args_, timeoutMs);
  if (!existsSync(join(out, 'manifest.json'))) {
    const given = Object.entries(context).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    await run(['synth', '--quiet', '--app', app, '--output', out, ...given]);
  }
  return run([command, ...args, ...(UNASKED[command] ?? []), '--app', out]);
};

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
