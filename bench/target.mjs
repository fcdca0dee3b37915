// Serves the model of an outside benchmark: `<MODEL_DIR>/<MODEL_KIND>.onnx`, one matrix whose columns are
// named in `<MODEL_DIR>/oracle.json`. With --prepare it only makes the data folder and prints its key.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writePackage } from './wine-package.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const { MODEL_DIR, MODEL_KIND = 'lin', PORT = '0' } = process.env;
if (!MODEL_DIR) {
  console.error('MODEL_DIR must name the folder with <MODEL_KIND>.onnx and oracle.json');
  process.exit(1);
}
const folder = join(process.env.BENCH_TARGET_HOME ?? join(tmpdir(), 'tidegate-bench'), MODEL_KIND);
mkdirSync(folder, { recursive: true });
const { columns } = JSON.parse(readFileSync(join(MODEL_DIR, 'oracle.json'), 'utf8'));
writePackage(join(folder, 'model'), join(MODEL_DIR, `${MODEL_KIND}.onnx`), columns);
writeFileSync(
  join(folder, 'tidegate.yaml'),
  `services:
  wine:
    auth: true
    throttle: { rate: 1000000, burst: 1000000 }
    versions:
      v1: { model: ./model, weight: 100 }
    keys: [bench]
`,
);
const data = join(folder, 'data');
const up = ['up', '--manifest', join(folder, 'tidegate.yaml'), '--data', data, '--port', PORT];
// The very process that serves must be the one that is measured: no launcher around it.
const node = join(root, 'node_modules/.bin/node');
const child = spawn(node, ['--max-semi-space-size=4', join(root, '.build/tidegate.mjs'), ...up], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
process.on('SIGTERM', () => child.kill('SIGTERM'));
child.on('exit', (code) => process.exit(code ?? 1));
const prepare = process.argv.includes('--prepare');
child.stdout.on('data', (text) => {
  if (!prepare || !String(text).includes('is ready')) return;
  const file = join(data, 'credentials.json');
  if (existsSync(file)) console.log(JSON.parse(readFileSync(file, 'utf8')).keys.wine.bench);
  child.kill('SIGTERM');
});
