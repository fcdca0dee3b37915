import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Asked,
  type PlatformEmulator,
  platformEmulator,
  problem,
  type Told,
} from '../testing/platform-emulator';
import { type CliRun, runCli } from '../testing/run-cli';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-labels-'));
afterAll(() => rmSync(folder, { recursive: true }));
let platform: PlatformEmulator;
afterEach(() => platform.close());

const ID = '0198c0de-0000-7000-8000-000000000001';
const labelsIn = ({ body, headers }: Asked): readonly unknown[] =>
  headers['content-type'] === 'text/csv'
    ? body.toString().trimEnd().split('\n').slice(1)
    : JSON.parse(body.toString()).labels;
const accepting = (asked: Asked): Told => ({
  status: 202,
  body: { batch_id: `batch-${labelsIn(asked)[0]}`, accepted: labelsIn(asked).length },
});

const push = async (
  args: readonly string[],
  { take = accepting, ...more }: CliRun & { take?: (asked: Asked) => Told } = {},
) => {
  platform = await platformEmulator({ 'POST /services/wine/labels': take });
  return runCli(['labels', 'push', 'wine', ...args], { endpoint: platform.endpoint, ...more });
};
const sizes = () => platform.asked.map((asked) => labelsIn(asked).length);

describe('labels push', () => {
  it('sends a CSV in calls of at most 10,000, with its header in each', async () => {
    const file = join(folder, 'truth.csv');
    writeFileSync(file, `client_request_id,label\n${'order-1,6\n'.repeat(20_001)}`);
    const result = await push([file]);
    expect(result).toEqual({ code: 0, stdout: '20,001 labels accepted in 3 calls\n', stderr: '' });
    expect(sizes()).toEqual([10_000, 10_000, 1]);
    for (const { body, headers } of platform.asked) {
      expect(body.toString()).toMatch(/^client_request_id,label\n/);
      expect(headers).toMatchObject({
        'content-type': 'text/csv',
        authorization: 'Bearer tgo-test',
      });
    }
  });

  it.each([
    ['an array', (labels: unknown) => labels],
    ['the body of a call', (labels: unknown) => ({ labels })],
  ])('sends JSON that is %s', async (_, shape) => {
    const labels = Array.from({ length: 10_001 }, (_, row) => ({
      request_id: ID,
      row,
      label: 'é',
    }));
    const result = await push(['-'], { stdin: JSON.stringify(shape(labels)) });
    expect(result).toMatchObject({ code: 0, stdout: '10,001 labels accepted in 2 calls\n' });
    expect(platform.asked.flatMap(labelsIn)).toEqual(labels);
  });

  it('sends no call of more than 4 MB', async () => {
    const label = { client_request_id: 'order', label: 'ü'.repeat(1_000_000) };
    await push(['-'], { stdin: JSON.stringify([label, label, label]) });
    expect(sizes()).toEqual([1, 1, 1]);
    for (const { body } of platform.asked) expect(body.length).toBeLessThanOrEqual(4_000_000);
  });

  it('sends with the key that is given', async () => {
    const stdin = 'example_id,label\nx,1\n';
    await push(['-', '--key', 'tgk-given'], { stdin, env: { TIDEGATE_KEY: 'tgk-other' } });
    expect(platform.asked[0]?.headers.authorization).toBe('Bearer tgk-given');
    await platform.close();
    await push(['-'], { stdin, env: { TIDEGATE_KEY: 'tgk-other' } });
    expect(platform.asked[0]?.headers.authorization).toBe('Bearer tgk-other');
  });

  it('tells machines which batches were made', async () => {
    const { stdout } = await push(['-', '--json'], { stdin: 'example_id,label\nx,1\n' });
    expect(JSON.parse(stdout)).toEqual({
      accepted: 1,
      batches: [{ batch_id: 'batch-x,1', accepted: 1 }],
    });
  });

  it('names the rows that were refused by their place in the file', async () => {
    const errors = [{ row: 3, code: 'label', message: 'there is no label' }];
    const take = (asked: Asked) =>
      platform.asked.length === 1
        ? accepting(asked)
        : problem(400, 'invalid-input', '1 fault', { errors });
    const stdin = `example_id,label\n${'x,1\n'.repeat(10_010)}`;
    const { code, stderr } = await push(['-'], { take, stdin });
    expect(code).toBe(1);
    expect(stderr).toContain('rows 10000–10009, counted from 0: 1 fault');
    expect(stderr).toContain('row 10003: there is no label');
    expect(stderr).toContain('10,000 rows before them were accepted');
  });

  it.each([
    ['what is no JSON', '{"labels": [', 1, 'no JSON'],
    ['JSON that holds no labels', '{"rows": []}', 1, 'no JSON array'],
    [
      'a label larger than a call',
      `[{"label": "${'x'.repeat(4_000_000)}"}]`,
      1,
      'label 0 is larger',
    ],
    ['nothing', '', 1, 'empty'],
  ])('refuses %s', async (_, stdin, exit, words) => {
    const { code, stderr } = await push(['-'], { stdin });
    expect([code, stderr]).toEqual([exit, expect.stringContaining(words)]);
    expect(platform.asked).toEqual([]);
  });

  it('asks for a credential', async () => {
    const env = { TIDEGATE_TOKEN: '' };
    const { code, stderr } = await push(['-'], { stdin: 'label\n1\n', env });
    expect([code, stderr]).toEqual([2, expect.stringContaining('TIDEGATE_KEY')]);
  });
});
