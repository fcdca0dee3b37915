import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Caller, caller } from '../support/api';
import { type Running, startPlatform, temporaryFolder } from '../support/platform';
import { describePython } from '../support/python';

const MINUTE = 60_000;

const MANIFEST = `services:
  wine:
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model, weight: 100 }
      v2: { model: ./examples/wine/model-v2, weight: 0 }
`;

/** What it finds is a mistake of the document or of the API; a seed makes it find it again. */
const SEED = 20_261_121;
const PEOPLE = ['listOperators', 'createOperator', 'rotateOperator', 'deleteOperator'];
// They end the credential that the others are tested with, so they come last and with their own.
const ENDS_CREDENTIALS = ['rotateOperator', 'deleteOperator'];

interface Report {
  readonly operations: { readonly selected: number; readonly tested: number };
  readonly test_cases: { readonly generated: number; readonly with_failures: number };
  readonly errors: readonly unknown[];
}

describePython('the API as its OpenAPI document describes it, by schemathesis', (python) => {
  let platform: Running;
  let operator: Caller;

  const schemathesis = async (token: string, seconds: number, ...selected: readonly string[]) => {
    const cwd = temporaryFolder();
    const report = join(cwd, 'report.json');
    const config = join(__dirname, 'schemathesis.toml');
    const run = ['run', `${platform.url}/openapi.json`, '-H', `Authorization: Bearer ${token}`];
    const limits = ['--seed', `${SEED}`, '--max-time', `${seconds}`];
    const reports = ['--report', 'json', '--report-json-path', report];
    const child = spawn(
      join(dirname(python), 'schemathesis'),
      ['--no-color', '--config-file', config, ...run, ...limits, ...reports, ...selected],
      { cwd, stdio: ['ignore', 'pipe', 'pipe'] },
    );
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        text += chunk.toString();
      });
    }
    const [code] = await once(child, 'close');
    // All of what it found, as it tells it, with a curl line for each.
    if (code !== 0) throw new Error(text);
    return JSON.parse(readFileSync(report, 'utf8')) as Report;
  };

  const expectAllSound = ({ operations, test_cases, errors }: Report): void => {
    expect(errors).toEqual([]);
    expect(test_cases.with_failures).toBe(0);
    expect(test_cases.generated).toBeGreaterThan(operations.selected);
    expect(operations.tested).toBe(operations.selected);
  };

  beforeAll(async () => {
    platform = await startPlatform({ manifest: MANIFEST });
    operator = caller(platform.url, platform.token);
    const model = (version: number) => ({ model: { name: 'wine', version } });
    const throttle = { rate: 100_000, burst: 100_000 };
    const versions = { v1: model(1), v2: model(2) };
    for (const body of [{ name: 'spare', throttle, versions }, { name: 'doomed' }]) {
      expect((await operator('/api/services', { body })).status).toBe(201);
    }
  }, MINUTE);
  afterAll(() => platform.stop());

  it(
    'keeps to it',
    async () => {
      const others = ENDS_CREDENTIALS.flatMap((name) => ['--exclude-operation-id', name]);
      expectAllSound(await schemathesis(platform.token, 40, ...others));
      expect((await operator('/api/me')).status).toBe(200);
      expect((await operator('/readyz')).status).toBe(200);
    },
    2 * MINUTE,
  );

  it(
    'keeps to it for operators',
    async () => {
      const body = { name: 'fuzzer', role: 'admin' };
      const { body: made } = await operator('/api/operators', { body });
      const people = PEOPLE.flatMap((name) => ['--include-operation-id', name]);
      expectAllSound(await schemathesis(made.token, 10, ...people));
    },
    MINUTE,
  );
});
