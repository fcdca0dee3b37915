// `npm test`: every check and every test. The last line is `N passed, N failed`.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { root, setup } from './setup.mjs';

setup({ all: true });
const bin = join(root, 'node_modules/.bin');
const env = {
  ...process.env,
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  // Tests keep all processors busy: tables that are built in idle moments alone would be late.
  TIDEGATE_BUILD_PRIORITY: 'low',
};
// Where Trino was never made it takes minutes: meanwhile the checks run, and tests that need it wait.
if (process.argv.length === 2) {
  const made = ['--import', 'tsx', 'infra-tests/trino/prepare.ts'];
  spawn(join(bin, 'node'), made, { cwd: root, env, stdio: 'ignore' }).unref();
}
/** Runs a command, whose output is shown as it comes, or else in one piece once it has ended. */
const run = async (command, args, stdio) => {
  const started = Date.now();
  const child = spawn(join(bin, command), args, { cwd: root, env, stdio });
  const printed = [];
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (some) => printed.push(some));
  const [status] = await once(child, 'close');
  process.stdout.write(Buffer.concat(printed));
  console.log(`${status === 0 ? '✓' : '✗'} ${command} ${(Date.now() - started) / 1000}s`);
  return status === 0;
};

const CHECKS = [
  ['tsc', '-p', '.'],
  ['biome', 'check', '--error-on-warnings', '.'],
  ['depcruise', '.'],
  ['knip'],
  ['jscpd'],
];
// Side by side: the longest takes as long as all others.
const outcomes = await Promise.all(
  CHECKS.map(([command, ...args]) => run(command, args, ['ignore', 'pipe', 'pipe'])),
);

const folder = mkdtempSync(join(tmpdir(), 'tidegate-test-'));
const report = join(folder, 'jest.json');
// Tests wait for processes of their own most of the time: jest's one worker on two processors idles.
const workers = String(Math.max(2, availableParallelism() - 1));
const ended = await run(
  'jest',
  ['--json', `--outputFile=${report}`, '-w', workers, ...process.argv.slice(2)],
  'inherit',
);
const counts = { passed: 0, failed: 1 };
try {
  const { numPassedTests, numFailedTests, numRuntimeErrorTestSuites } = JSON.parse(
    readFileSync(report, 'utf8'),
  );
  counts.passed = numPassedTests;
  counts.failed = numFailedTests + numRuntimeErrorTestSuites;
  // It also fails for what is no test, such as its own setup.
  if (!ended && counts.failed === 0) counts.failed = 1;
} catch {
  console.log('jest left no report: counted as one failure');
}
rmSync(folder, { recursive: true, force: true });
counts.passed += outcomes.filter((passed) => passed).length;
counts.failed += outcomes.filter((passed) => !passed).length;
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
