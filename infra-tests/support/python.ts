import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { notRun } from './not-run';

const ROOT = join(__dirname, '../..');
const VENV = join(ROOT, '.cache/venv');
const LOCK = `${VENV}.lock`;
const REQUIREMENTS = ['infra-tests/support/requirements.txt', 'examples/wine/requirements.txt'];
const INSTALL_MS = 900_000;
const UV = 'uv==0.13.9';

/**
 * A describe for what needs Python with MLflow, scikit-learn and the real clients: its interpreter is
 * `$TIDEGATE_PYTHON_VENV/bin/python`, or that of `.cache/venv`, which is made once and takes minutes.
 * Where there is no Python it says so in one line; with `CI=true` that is a failure.
 */
export const describePython = (name: string, tests: (python: string) => void): void => {
  const found = findPython();
  if ('python' in found) {
    describe(name, () => tests(found.python));
    return;
  }
  describe(name, () => {
    it(`is not run here: ${found.missing}`, () => {
      notRun(name, found.missing);
    });
  });
};

type Found = { readonly python: string } | { readonly missing: string };

const findPython = (): Found => {
  const given = process.env.TIDEGATE_PYTHON_VENV;
  if (given) {
    const python = join(given, 'bin/python');
    return existsSync(python) ? { python } : { missing: `no ${python}` };
  }
  const python = join(VENV, 'bin/python');
  if (isReady()) return { python };
  return alone(() => (isReady() ? { python } : make(python)));
};

/** What it was made from, so that new requirements make it anew. */
const wanted = (): string => {
  const hash = createHash('sha256');
  for (const file of REQUIREMENTS) hash.update(readFileSync(join(ROOT, file)));
  return hash.digest('hex');
};
const MARK = join(VENV, 'made-from');
const isReady = (): boolean => existsSync(MARK) && readFileSync(MARK, 'utf8') === wanted();

const make = (python: string): Found => {
  const base = ['python3', 'python3.12', 'python3.11', 'python3.10', 'python'].find(isRecent);
  if (!base) return { missing: 'there is no Python 3.10 or newer' };
  process.stderr.write(`making ${VENV} for the tests that need Python: a few minutes, once\n`);
  const failures: string[] = [];
  for (const way of waysToMake(base, python)) {
    rmSync(VENV, { recursive: true, force: true });
    const failure = firstFailure(way);
    if (failure === undefined) {
      writeFileSync(MARK, wanted());
      return { python };
    }
    failures.push(failure);
  }
  return { missing: failures.join('; ') };
};

/** Commands one after the other; who has no uv gets it, for it takes a fifth of pip's time, and pip where it fails. */
const waysToMake = (base: string, python: string): readonly (readonly string[][])[] => {
  const needed = ['-r', join(ROOT, 'infra-tests/support/requirements.txt')];
  const pip = [python, '-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  const uv = (command: string) => [command, 'pip', 'install', '--quiet', '--python', python];
  const venv = [base, '-m', 'venv', VENV];
  const own = [venv, [...pip, UV], [...uv(join(VENV, 'bin/uv')), ...needed]];
  const found = [
    ['uv', 'venv', '--quiet', '--python', base, VENV],
    [...uv('uv'), ...needed],
  ];
  return [hasUv() ? found : own, [venv, [...pip, ...needed]]];
};

const firstFailure = (commands: readonly (readonly string[])[]): string | undefined => {
  for (const [command = '', ...rest] of commands) {
    const { status, stderr } = spawnSync(command, rest, { timeout: INSTALL_MS, encoding: 'utf8' });
    if (status === 0) continue;
    const last = stderr?.trim().split('\n').at(-1) ?? '';
    return `${command} ${rest[0]} failed: ${last.slice(0, 200)}`;
  }
  return undefined;
};

const isRecent = (command: string): boolean =>
  spawnSync(command, ['-c', 'import sys, venv; sys.exit(sys.version_info < (3, 10))']).status === 0;

const hasUv = (): boolean => spawnSync('uv', ['--version']).status === 0;

/** One test process at a time; a lock whose process is gone is nobody's. */
const alone = (work: () => Found): Found => {
  mkdirSync(join(ROOT, '.cache'), { recursive: true });
  const deadline = Date.now() + INSTALL_MS;
  while (!taken()) {
    if (Date.now() > deadline) return { missing: `${LOCK} is held by another process` };
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 500);
  }
  try {
    return work();
  } finally {
    rmSync(LOCK, { force: true });
  }
};

const taken = (): boolean => {
  try {
    writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
    return true;
  } catch {
    const holder = existsSync(LOCK) ? Number(readFileSync(LOCK, 'utf8')) : 0;
    if (holder > 0 && !isAlive(holder)) rmSync(LOCK, { force: true });
    return false;
  }
};

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};
