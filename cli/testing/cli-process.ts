import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { CliResult } from './run-cli';

/** The command line as a program of its own, bundled as it is shipped. */
export interface CliProgram {
  /** A folder of its own, with its script. */
  readonly folder: string;
  readonly script: string;
  /** Runs it to its end. */
  run(
    args: readonly string[],
    options?: { env?: Readonly<Record<string, string>>; stdin?: string },
  ): Promise<CliResult>;
  remove(): void;
}

const ENTRY = `
import { program } from './program';
import { run } from './run';
const { env, stdin, stdout, stderr, argv } = process;
const environment = { env, stdin, stdout, stderr, home: '/nowhere', version: '1.2.3', now: () => new Date() };
process.exitCode = await run(program(environment), argv.slice(2), environment);
`;
const REQUIRE =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

/** Bundles the command line into a temporary folder. */
export const cliProgram = async (): Promise<CliProgram> => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-cli-'));
  await build({
    stdin: { contents: ENTRY, resolveDir: join(__dirname, '..'), loader: 'ts' },
    ...{ bundle: true, splitting: true, platform: 'node', format: 'esm', target: 'node24' },
    outdir: folder,
    outExtension: { '.js': '.mjs' },
    entryNames: 'tidegate',
    banner: { js: REQUIRE },
    external: ['@aws-sdk/*', '@duckdb/node-api'],
    logLevel: 'warning',
  });
  const script = join(folder, 'tidegate.mjs');
  return {
    folder,
    script,
    run: (args, { env = {}, stdin = '' } = {}) =>
      new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, ...args], {
          env: { PATH: process.env.PATH ?? '', TIDEGATE_DATA: join(folder, 'data'), ...env },
        });
        let stdout = '';
        let stderr = '';
        child.stdout.setEncoding('utf8').on('data', (piece: string) => {
          stdout += piece;
        });
        child.stderr.setEncoding('utf8').on('data', (piece: string) => {
          stderr += piece;
        });
        child.on('error', reject);
        child.on('close', (code) => resolve({ code: code ?? -1, stdout, stderr }));
        child.stdin.on('error', () => {});
        child.stdin.end(stdin);
      }),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
};
