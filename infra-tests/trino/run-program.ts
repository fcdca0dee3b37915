import { spawn } from 'node:child_process';

/** Runs a program to its end. @throws with the last line it wrote when it fails or takes too long */
export const runProgram = (
  [program = '', ...args]: readonly string[],
  {
    cwd,
    env = process.env,
    timeoutMs = 600_000,
  }: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly timeoutMs?: number;
  } = {},
): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      ...{ cwd, env, timeout: timeoutMs, killSignal: 'SIGKILL' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (more: string) => {
        text = (text + more).slice(-20_000);
      });
    }
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) return resolve();
      const lines = text.trim().split('\n');
      const last = lines.find((line) => line.includes('ERROR')) ?? lines.at(-1) ?? '';
      reject(new Error(`${program} ended with ${code}: ${last.slice(0, 200)}`));
    });
  });
