import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import {
  type Asked,
  type PlatformEmulator,
  platformEmulator,
  problem,
  type Told,
} from '../testing/platform-emulator';
import { aService } from '../testing/resources';
import { type CliRun, runCli } from '../testing/run-cli';

let platform: PlatformEmulator;
afterEach(() => platform.close());

const folder = mkdtempSync(join(tmpdir(), 'tidegate-predict-'));
afterAll(() => rmSync(folder, { recursive: true }));

const answered = (predictions: readonly unknown[], more: object = {}): Told => ({
  body: {
    ...{ predictions, request_id: 'req-7', service_version: 'v1', model_version: 'wine/1' },
    ...more,
  },
});

const rowsOf = ({ body }: Asked): string[] => body.toString().trimEnd().split('\n').slice(1);

/** Answers each row of a CSV with twice its number. */
const doubled = (asked: Asked): Told => answered(rowsOf(asked).map((row) => Number(row) * 2));

const predictWith = async (
  args: readonly string[],
  predict: (asked: Asked) => Told,
  { maxRows = 512, ...options }: Partial<CliRun> & { maxRows?: number } = {},
) => {
  platform = await platformEmulator({
    'POST /services/wine/predict': predict,
    'GET /api/services/wine': () => ({ body: aService({ max_rows: maxRows }) }),
  });
  return runCli(['predict', 'wine', ...args], { endpoint: platform.endpoint, ...options });
};

const calls = () => platform.asked.filter(({ method }) => method === 'POST');

describe('predict', () => {
  it('sends JSON as it is and prints one prediction a line', async () => {
    const body = '\ufeff {"inputs": {"alcohol": [9.4, 9.8]}}\n';
    const result = await predictWith([], () => answered([5.5, 'good']), { stdin: body });
    expect(result).toMatchObject({ code: 0, stdout: '5.5\ngood\n' });
    expect(result.stderr).toBe('2 rows by v1 (wine/1), request req-7\n');
    expect(calls()[0]?.headers['content-type']).toBe('application/json');
    expect(calls()[0]?.body.toString()).toBe(' {"inputs": {"alcohol": [9.4, 9.8]}}\n');
  });

  it('prints probabilities beside predictions', async () => {
    const probabilities = [{ 5: 0.70001, 6: 0.29999 }];
    const result = await predictWith([], () => answered([5], { probabilities }), { stdin: '{}' });
    expect(result.stdout).toBe('5\t5=0.7 6=0.3\n');
  });

  it("prints the platform's own JSON with --json", async () => {
    const body = '{"predictions": [1.0, 1e400],"request_id":"r","n":9007199254740993}';
    const result = await predictWith(['--json'], () => ({ body }), { stdin: '{}' });
    expect(result).toEqual({ code: 0, stdout: `${body}\n`, stderr: '' });
  });

  it('sees CSV by its content, from a file or stdin', async () => {
    const file = join(folder, 'rows.csv');
    writeFileSync(file, 'alcohol\n1\n2\n');
    expect(await predictWith([file], doubled)).toMatchObject({ code: 0, stdout: '2\n4\n' });
    expect(calls()[0]?.headers['content-type']).toBe('text/csv');
    await platform.close();
    const piped = await predictWith(['-'], doubled, { stdin: 'alcohol\n3\n' });
    expect(piped.stdout).toBe('6\n');
  });

  it('believes --format', async () => {
    await predictWith(['--format', 'csv'], () => answered([1]), { stdin: '{odd header}\n1\n' });
    expect(calls()[0]?.headers['content-type']).toBe('text/csv');
  });

  it("sends a big CSV in calls of the service's max_rows, in order, and joins the answers", async () => {
    const rows = Array.from({ length: 1000 }, (_, row) => row);
    const stdin = `alcohol\n${rows.join('\n')}\n`;
    const result = await predictWith(['--csv'], doubled, { stdin, maxRows: 300 });
    expect(result.code).toBe(0);
    expect(result.stdout).toBe(`prediction\n${rows.map((row) => row * 2).join('\n')}\n`);
    expect(result.stderr).toBe('1,000 rows in 4 calls, the last by v1 (wine/1), request req-7\n');
    expect(calls().map((call) => rowsOf(call).length)).toEqual([300, 300, 300, 100]);
    expect(calls().every(({ body }) => body.toString().startsWith('alcohol\n'))).toBe(true);
  });

  it('says so when it may not know how many rows a call may have, and sends 512', async () => {
    platform = await platformEmulator({
      'POST /services/wine/predict': doubled,
      'GET /api/services/wine': () => problem(403, 'forbidden', 'not allowed'),
    });
    const stdin = `alcohol\n${'1\n'.repeat(513)}`;
    const result = await runCli(['predict', 'wine'], { endpoint: platform.endpoint, stdin });
    expect(result.code).toBe(0);
    expect(result.stderr).toContain("wine's max_rows is not known (not allowed): 512 rows a call");
    expect(calls().map((call) => rowsOf(call).length)).toEqual([512, 1]);
  });

  it('makes one JSON document of many calls', async () => {
    const stdin = 'alcohol\n1\n2\n3\n';
    const result = await predictWith(['--json', '--batch-rows', '2'], doubled, { stdin });
    expect(JSON.parse(result.stdout)).toMatchObject({
      predictions: [2, 4, 6],
      calls: [{ rows: 2, request_id: 'req-7', service_version: 'v1' }, { rows: 1 }],
    });
  });

  it('keeps what was answered before a failing call, and names its rows', async () => {
    const errors = [{ row: 1, column: 'alcohol', code: 'missing', message: 'is missing' }];
    const predict = (asked: Asked) =>
      rowsOf(asked).includes('bad')
        ? problem(400, 'invalid-input', '1 fault', { errors })
        : doubled(asked);
    const stdin = 'alcohol\n1\n2\n3\nbad\n5\n';
    const result = await predictWith(['--batch-rows', '2'], predict, { stdin });
    expect(result).toMatchObject({ code: 1, stdout: '2\n4\n' });
    expect(result.stderr).toContain('rows 2–3, counted from 0: 1 fault');
    expect(result.stderr).toContain('row 3, column alcohol: is missing');
    expect(result.stderr).toContain('2 rows before them were answered');
    expect(result.stderr).toContain('request req-1');
    expect(calls()).toHaveLength(2);
  });

  it('prints a valid document with --json of what was answered before a failing call', async () => {
    const predict = (asked: Asked) =>
      rowsOf(asked).includes('bad') ? problem(400, 'invalid-input', 'no') : doubled(asked);
    const stdin = 'alcohol\n1\n2\nbad\n';
    const result = await predictWith(['--json', '--batch-rows', '1'], predict, { stdin });
    expect(result.code).toBe(1);
    expect(JSON.parse(result.stdout)).toMatchObject({ predictions: [2, 4] });
    expect(JSON.parse(result.stderr)).toMatchObject({
      type: 'urn:tidegate:invalid-input',
      status: 400,
    });
  });

  it('writes CSV that any reader takes, with a column per class', async () => {
    const probabilities = [
      { a: 0.25, 'b,"c"': 0.75 },
      { a: 1, 'b,"c"': null },
    ];
    const result = await predictWith(['--csv'], () => answered(['x\ny', null], { probabilities }), {
      stdin: '{}',
    });
    expect(result.stdout).toBe(
      'prediction,probability_a,"probability_b,""c"""\n"x\ny",0.25,0.75\n,1,\n',
    );
  });

  it('gives wide predictions a column each', async () => {
    const result = await predictWith(['--csv'], () => answered([[1, 2]]), { stdin: '{}' });
    expect(result.stdout).toBe('prediction_0,prediction_1\n1,2\n');
  });

  it('does not mix versions that answer with different columns in one CSV', async () => {
    const predict = (asked: Asked) =>
      answered([1], rowsOf(asked).includes('2') ? { probabilities: [{ a: 1 }] } : {});
    const stdin = 'alcohol\n1\n2\n';
    const result = await predictWith(['--csv', '--batch-rows', '1'], predict, { stdin });
    expect(result).toMatchObject({ code: 1, stdout: 'prediction\n1\n' });
    expect(result.stderr).toContain('--version');
  });

  it('asks for a version, a sticky one, under an id of the caller', async () => {
    const args = ['--version', 'v2', '--split-key', 'ada', '--client-request-id', 'order 7'];
    await predictWith(args, () => answered([1]), { stdin: '{}' });
    expect(calls()[0]?.headers).toMatchObject({
      'x-tidegate-version': 'v2',
      'x-tidegate-split-key': 'ada',
      'x-client-request-id': 'order 7',
    });
  });

  it('refuses a header that could carry another one', async () => {
    const result = await predictWith(['--split-key', 'a\r\nx-evil: 1'], doubled, { stdin: '{}' });
    expect(result.code).toBe(2);
    expect(platform.asked).toHaveLength(0);
  });

  it("sends the given key, else the kept one of the service, else the operator's token", async () => {
    const keys = { wine: { quickstart: 'tgk-kept' }, other: { quickstart: 'tgk-other' } };
    writeFileSync(join(folder, 'credentials.json'), JSON.stringify({ keys }));
    const kept = { TIDEGATE_DATA: folder };
    const sent = async (args: readonly string[], env: Record<string, string>) => {
      await predictWith(args, () => answered([1]), { stdin: '{}', env });
      const { authorization } = calls()[0]?.headers ?? {};
      await platform.close();
      return authorization;
    };
    expect(await sent(['--key', 'tgk-a'], { ...kept, TIDEGATE_KEY: 'tgk-b' })).toBe('Bearer tgk-a');
    expect(await sent([], { ...kept, TIDEGATE_KEY: 'tgk-b' })).toBe('Bearer tgk-b');
    expect(await sent([], kept)).toBe('Bearer tgk-kept');
    expect(await sent([], {})).toBe('Bearer tgo-test');
  });

  it('says which key was refused, never the key', async () => {
    const result = await predictWith([], () => problem(403, 'forbidden', 'not allowed'), {
      ...{ stdin: '{}', env: { TIDEGATE_KEY: 'tgk-secret' } },
    });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('the key sent is the one of --key or TIDEGATE_KEY');
    expect(result.stderr).not.toContain('tgk-secret');
  });

  it('refuses JSON that is too large before it is sent', async () => {
    const stdin = `{"inputs": {"alcohol": [${'1,'.repeat(2_100_000)}1]}}`;
    const result = await predictWith([], doubled, { stdin });
    expect(result.code).toBe(1);
    expect(result.stderr).toContain('larger than a call, 4,000,000 bytes');
    expect(calls()).toHaveLength(0);
  });

  it.each([
    [['no-such-file.csv'], '', 'there is no such file'],
    [[folder], '', 'is a folder'],
    [[], '', 'stdin is empty'],
    [[], '\ufeff \n', 'stdin is empty'],
  ])('cannot read %j', async (args, stdin, message) => {
    const result = await predictWith(args, doubled, { stdin });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain(message);
  });

  it('asks for rows instead of waiting for a person to type them', async () => {
    const stdin = Object.assign(new PassThrough(), { isTTY: true });
    const result = await predictWith([], doubled, { stdin });
    expect(result).toMatchObject({ code: 2 });
    expect(result.stderr).toContain('give a file, or pipe rows in');
  });

  it('says so when the answer is none', async () => {
    const result = await predictWith([], () => ({ body: { hello: 1 } }), { stdin: '{}' });
    expect(result).toMatchObject({ code: 1, stdout: '' });
    expect(result.stderr).toContain('holds no predictions');
  });

  it('cannot be led to another path by the name of a service', async () => {
    platform = await platformEmulator({});
    const { endpoint } = platform;
    const result = await runCli(['predict', '..'], { endpoint, stdin: '{}' });
    expect(result.code).toBe(2);
    expect(platform.asked).toHaveLength(0);
  });
});

describe('compare', () => {
  const compareWith = async (args: readonly string[], body: object) => {
    platform = await platformEmulator({ 'POST /services/wine/compare': () => ({ body }) });
    const { endpoint } = platform;
    return runCli(['compare', 'wine', ...args], { endpoint, stdin: 'alcohol\n9.4\n' });
  };
  const comparison = {
    request_id: 'req-9',
    versions: {
      v1: { predictions: [5.1] },
      v2: { predictions: [5.6] },
      v3: { error: { type: 'urn:tidegate:model-error', status: 502, detail: 'the model failed' } },
    },
    deltas: { v2: [0.5] },
  };

  it('shows the versions side by side, and which one failed', async () => {
    const result = await compareWith([], comparison);
    expect(result.code).toBe(0);
    expect(result.stdout).toBe('ROW   v1   v2  Δ v2\n  0  5.1  5.6   0.5\n');
    expect(result.stderr).toBe('v3 did not answer: the model failed\nrequest req-9\n');
  });

  it('rounds numbers for people, and leaves all their digits in --json', async () => {
    const precise = {
      ...comparison,
      versions: {
        v1: { predictions: [5.577201843261719, 512345.678] },
        v2: { predictions: [[0.1 + 0.2]] },
      },
      deltas: { v2: [0.08914041519165039, -2513371.25] },
    };
    const { stdout } = await compareWith([], precise);
    expect(stdout.split('\n').map((line) => line.trim().split(/ {2,}/))).toEqual([
      ['ROW', 'v1', 'v2', 'Δ v2'],
      ['0', '5.5772', '[0.3]', '0.0891404'],
      ['1', '512346', '-', '-2513371'],
      [''],
    ]);
    await platform.close();
    expect(JSON.parse((await compareWith(['--json'], precise)).stdout)).toEqual(precise);
  });

  it('says of answers that are no numbers what they are, and whether they agree', async () => {
    const { stdout } = await compareWith([], {
      request_id: 'req-9',
      versions: { v1: { predictions: [true, false] }, v2: { predictions: [true, true] } },
      deltas: { v2: [true, false] },
    });
    expect(stdout).toMatch(/0 +true +true +same\n +1 +false +true +differs\n$/);
  });

  it("is the platform's JSON with --json", async () => {
    expect(JSON.parse((await compareWith(['--json'], comparison)).stdout)).toEqual(comparison);
  });
});
