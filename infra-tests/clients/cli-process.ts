import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

interface Run {
  /** Null when it was ended by a signal. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface Options {
  readonly input?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
}

/** Runs a program to its end, with nothing of our own environment but PATH. */
export const runProgram = (
  command: string,
  args: readonly string[],
  { input = '', env = {}, cwd }: Options = {},
): Promise<Run> =>
  new Promise((done, fail) => {
    const child = spawn(command, args, { cwd, env: { PATH: process.env.PATH ?? '', ...env } });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });

/** The command line as it is shipped, for the platform whose credentials lie in `data`. */
export const tidegateFor =
  (data: string, cwd: string) =>
  (args: string, { env = {}, ...options }: Options = {}): Promise<Run> =>
    runProgram(
      join(root, 'node_modules/.bin/node'),
      [join(root, '.build/tidegate.mjs'), ...args.split(' ')],
      { cwd, ...options, env: { TIDEGATE_DATA: data, ...env } },
    );
