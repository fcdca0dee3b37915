#!/usr/bin/env node
// Starts `tidegate`: installs and bundles when that is needed, then hands over to Node 24.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { nodeOf, root, setup } from './setup.mjs';

setup({ all: false });
const { default: build } = await import('./build.mjs');
await build();

// V8 lets short-lived objects pile up to 128 MB on a large machine; serving makes nothing but those.
const SERVING = ['--max-semi-space-size=4'];
const entry = join(root, '.build/tidegate.mjs');
const [command] = process.argv.slice(2);
const isFit = command !== 'up' || SERVING.every((flag) => process.execArgv.includes(flag));
if (Number(process.versions.node.split('.')[0]) >= 24 && isFit) {
  process.setSourceMapsEnabled(true);
  process.argv[1] = entry;
  await import(pathToFileURL(entry).href);
} else {
  const flags = ['--enable-source-maps', ...(command === 'up' ? SERVING : [])];
  const child = spawn(nodeOf(), [...flags, entry, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => process.exit(code ?? (signal === 'SIGINT' ? 130 : 1)));
}
