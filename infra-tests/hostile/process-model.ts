import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from '../support/platform';

/**
 * Stands in for a Python with MLflow: it keeps the container contract, and does what the first cell
 * of a request says. What it is asked stands in its log.
 */
const SERVER = `
const { createServer } = require('node:http');
const { existsSync } = require('node:fs');
const { join } = require('node:path');
const args = process.argv.slice(2);
if (args[0] === '-c') process.exit(0);
const copy = args[args.indexOf('-m', 2) + 1];
const port = Number(args[args.indexOf('-p') + 1]);
const isMute = existsSync(join(copy, 'mute'));
const answers = (rows) => JSON.stringify({ predictions: rows.map(([a, b]) => a + b) });
createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/ping') return isMute ? undefined : response.end();
    const rows = JSON.parse(Buffer.concat(chunks)).dataframe_split.data;
    const [[what, ms]] = rows;
    if (what === -1) return response.writeHead(500).end('it failed');
    if (what === -2) process.exit(3);
    if (what === -3) for (;;);
    if (what === -4) return;
    if (what === -5) return setTimeout(() => response.end(answers(rows)), ms);
    if (what === -6) return response.end('no JSON');
    if (what === -7) return response.destroy();
    response.end(answers(rows));
  });
}).listen(port, '127.0.0.1');
`;

/** What the first cell of a request makes the process do. */
export const DOES = {
  fail: -1,
  die: -2,
  spin: -3,
  hang: -4,
  wait: -5,
  babble: -6,
  cut: -7,
} as const;

export interface ProcessModel {
  /** For the manifest. */
  readonly path: string;
  /** For the platform, so that it finds the stand-in. */
  readonly env: Readonly<Record<string, string>>;
}

/** A package of two numbers `a` and `b`, answered with their sum; a mute one never gets ready. */
export const processModel = (options: { readonly mute?: boolean } = {}): ProcessModel => {
  const folder = temporaryFolder();
  // Its user is another one.
  chmodSync(folder, 0o755);
  const python = join(folder, 'python');
  writeFileSync(python, `#!${process.execPath}\n${SERVER}`, { mode: 0o755 });
  const path = join(folder, 'model');
  mkdirSync(path);
  const number = (name: string) => ({ name, type: 'double', required: true });
  const mlModel = {
    flavors: { python_function: { loader_module: 'none' }, sklearn: {} },
    signature: {
      inputs: JSON.stringify([number('a'), number('b')]),
      outputs: JSON.stringify([number('sum')]),
    },
  };
  writeFileSync(join(path, 'MLmodel'), JSON.stringify(mlModel));
  if (options.mute) writeFileSync(join(path, 'mute'), '');
  return { path, env: { TIDEGATE_PYTHON: python } };
};

/** A request of one row. */
export const rowOf = (a: number, b = 0) => ({
  dataframe_split: { columns: ['a', 'b'], data: [[a, b]] },
});
