// Bundles what must start fast, when a source is newer than the bundle.
import { readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { writeBuild } from './write-build.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const FLOORS = ['bin', 'core', 'api', 'adapters', 'model-server', 'cli'];
const ENTRIES = {
  tidegate: 'bin/tidegate.ts',
  'model-worker': 'model-server/worker.ts',
  'model-server': 'model-server/server.ts',
  'tables-worker': 'bin/tables-worker.ts',
};

const newestIn = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|json)$/.test(entry.name))
    .reduce((newest, { parentPath, name }) => {
      const { mtimeMs } = statSync(join(parentPath, name));
      return Math.max(newest, mtimeMs);
    }, 0);

const builtAt = () => {
  try {
    return Math.min(
      ...Object.keys(ENTRIES).map((name) => statSync(join(root, `.build/${name}.mjs`)).mtimeMs),
    );
  } catch {
    return 0;
  }
};

/** Makes `.build/*.mjs` from the sources, if it is older than one of them. */
export default async function build() {
  const newest = Math.max(
    statSync(join(root, 'package-lock.json')).mtimeMs,
    statSync(fileURLToPath(import.meta.url)).mtimeMs,
    ...FLOORS.map((floor) => newestIn(join(root, floor))),
  );
  const before = builtAt();
  if (before > newest) return;
  const began = Date.now();
  const { build: bundle } = await import('esbuild');
  const { outputFiles } = await bundle({
    absWorkingDir: root,
    entryPoints: ENTRIES,
    outdir: '.build',
    write: false,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    sourcemap: 'linked',
    logLevel: 'warning',
    // The AWS SDK is there in installations that deploy; the command line loads it when it is needed.
    external: ['onnxruntime-node', '@duckdb/node-api', '@aws-sdk/*'],
    // Packages in CommonJS call require for Node's own modules.
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  const entries = Object.keys(ENTRIES).map((name) => `${name}.mjs`);
  writeBuild(join(root, '.build'), outputFiles, { entries, before, began });
}
