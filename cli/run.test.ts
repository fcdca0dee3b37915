import { spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { CliError } from './cli-error';
import { program } from './program';
import { run } from './run';
import { type CliProgram, cliProgram } from './testing/cli-process';
import { commandNames } from './testing/command-names';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
} from './testing/platform-emulator';
import { anOperator, aService, pageOf } from './testing/resources';
import { runCli } from './testing/run-cli';
import { testEnvironment } from './testing/test-environment';

describe('the program', () => {
  it.each([
    [['--help'], 0],
    [['help', 'services'], 0],
    [['services', 'create', '--help'], 0],
    [['--version'], 0],
    [['-V'], 0],
    [[], 2],
    [['services'], 2],
    [['no-such-command'], 2],
    [['services', 'show'], 2],
    [['services', 'show', 'wine', 'v1'], 2],
    [['services', 'list', '--limit', '0'], 2],
    [['whoami', '--endpoint', 'nonsense'], 2],
    [['whoami', '--endpoint', 'http://127.0.0.1:1'], 1],
  ])('%j exits with %i', async (args, code) => {
    expect((await runCli(args)).code).toBe(code);
  });

  it('says its version', async () => {
    expect((await runCli(['--version'])).stdout).toMatch(/^tidegate 1\.2\.3 \(node v\d+/);
    expect(JSON.parse((await runCli(['version', '--json'])).stdout)).toMatchObject({
      tidegate: '1.2.3',
    });
  });

  it('tells wrong usage in one line, with what may have been meant', async () => {
    const { stdout, stderr } = await runCli(['servces', 'list']);
    expect(stdout).toBe('');
    expect(stderr).toBe(
      "error: unknown command 'servces'\n(Did you mean services?)\n(--help says more)\n",
    );
  });

  it('groups its commands, and says exit codes and variables', async () => {
    const { stdout } = await runCli(['--help']);
    for (const text of ['Models and services:', 'Exit codes:', 'TIDEGATE_TOKEN']) {
      expect(stdout).toContain(text);
    }
    expect(stdout).not.toContain('__complete');
  });

  it('shows help as wide as the terminal, coloured only on one', async () => {
    const narrow = await runCli(['predict', '--help', '--no-color'], { terminal: 70 });
    const help = narrow.stdout.slice(0, narrow.stdout.indexOf('Examples:'));
    expect(Math.max(...help.split('\n').map(({ length }) => length))).toBeLessThanOrEqual(70);
    expect((await runCli(['--help'], { terminal: 100 })).stdout).toContain('\x1b[');
    expect((await runCli(['--help'])).stdout).not.toContain('\x1b[');
  });

  it('takes a command that is added, and tells its failures like any other', async () => {
    const stderr = new PassThrough();
    const environment = testEnvironment({ stderr });
    const cli = program(environment);
    cli.command('up').action(() => {
      throw new CliError('port 8080 is in use');
    });
    expect(await run(cli, ['up'], environment)).toBe(1);
    expect(String(stderr.read())).toBe('error: port 8080 is in use\n');
    expect(await run(cli, ['up', '--no-such-option'], environment)).toBe(2);
  });
});

const COMMANDS = commandNames();

describe('every command', () => {
  it.each(COMMANDS)('%s has a description and an example that begins with it', async (name) => {
    const { stdout, code } = await runCli([...name.split(' '), '--help']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Usage: .+\n\n[A-Z]/);
    expect(stdout).toMatch(new RegExp(`Examples?:\\n {2}\\$ .*tidegate ${name}`));
    expect(stdout).toContain('Global Options:');
    expect(stdout).not.toMatch(/tg[ko]-/);
  });
});

describe('a process of its own', () => {
  let cli: CliProgram;
  let platform: PlatformEmulator;
  beforeAll(async () => {
    cli = await cliProgram();
  });
  afterAll(() => cli.remove());
  afterEach(() => platform.close());

  const start = async (answers: Answers = {}) => {
    platform = await platformEmulator(answers);
    return { TIDEGATE_ENDPOINT: platform.endpoint, TIDEGATE_TOKEN: 'tgo-secret' };
  };

  it('exits with 0, 1 and 2, and tells failures on stderr alone', async () => {
    const env = await start({
      'GET /api/services': () => ({ body: pageOf([aService()]) }),
      'GET /api/services/nope': () => problem(404, 'service-not-found', 'there is no service nope'),
    });
    expect(await cli.run(['services', 'list'], { env })).toMatchObject({ code: 0, stderr: '' });
    expect(await cli.run(['services', 'show', 'nope'], { env })).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: 'error: there is no service nope\n  request req-1\n',
    });
    expect(await cli.run(['services', 'show'], { env })).toMatchObject({ code: 2, stdout: '' });
  });

  it('reads rows from stdin', async () => {
    const env = await start({
      'POST /services/wine/predict': ({ body }) => ({
        body: {
          ...{ predictions: [body.length], request_id: 'r', service_version: 'v1' },
          model_version: 'wine/1',
        },
      }),
    });
    const result = await cli.run(['predict', 'wine'], { env, stdin: 'alcohol\n9.4\n' });
    expect(result).toMatchObject({ code: 0, stdout: '12\n' });
  });

  it('says how to start a platform that is not there, without a stack', async () => {
    const env = await start();
    await platform.close();
    const result = await cli.run(['whoami'], { env });
    expect(result).toEqual({
      ...{ code: 1, stdout: '' },
      stderr: `error: no Tidegate at ${platform.endpoint} — start it with \`npm start\`\n`,
    });
    const debugged = await cli.run(['whoami', '--debug'], { env });
    expect(debugged.stderr).toMatch(/\n +at /);
    expect(debugged.stderr).not.toContain('tgo-secret');
  });

  it('tells a failure as one JSON document with --json', async () => {
    const env = await start({ 'GET /api/me': () => problem(403, 'forbidden', 'not allowed') });
    const { stdout, stderr } = await cli.run(['whoami', '--json'], { env });
    expect(stdout).toBe('');
    expect(JSON.parse(stderr)).toMatchObject({ type: 'urn:tidegate:forbidden', status: 403 });
  });

  it('takes endpoint and token from the data folder, and sends them to no other host', async () => {
    const { created_by, created_at, updated_at, revision, ...me } = anOperator();
    const { TIDEGATE_ENDPOINT: endpoint } = await start({ 'GET /api/me': () => ({ body: me }) });
    const data = mkdtempSync(join(tmpdir(), 'tidegate-data-'));
    const keep = (kept: object) =>
      writeFileSync(join(data, 'credentials.json'), JSON.stringify(kept));
    keep({ endpoint, operator_token: 'tgo-kept' });
    const found = await cli.run(['whoami'], { env: { TIDEGATE_DATA: data } });
    expect(found.stdout).toBe(`ada, admin with data, at ${endpoint}\n`);
    keep({ endpoint: 'https://elsewhere.example', operator_token: 'tgo-kept' });
    const env = { TIDEGATE_DATA: data, TIDEGATE_ENDPOINT: endpoint };
    await cli.run(['whoami'], { env });
    expect(platform.asked.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer tgo-kept',
      undefined,
    ]);
    rmSync(data, { recursive: true });
  });

  it('ends quietly when its reader has seen enough', async () => {
    const many = Array.from({ length: 1000 }, (_, at) => aService({ name: `wine-${at}` }));
    const env = await start({
      'GET /api/services': () => ({ body: pageOf(many) }),
    });
    const args = [
      '--norc',
      '-c',
      `"$0" "$1" services list --limit 1000 --json | head -1; exit "\${PIPESTATUS[0]}"`,
    ];
    const shell = spawn('bash', [...args, process.execPath, cli.script], {
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    let errors = '';
    shell.stderr.on('data', (piece: Buffer) => {
      errors += piece.toString();
    });
    const code = await new Promise((resolve) => shell.on('close', resolve));
    expect({ code, errors }).toEqual({ code: 0, errors: '' });
  });

  it('follows logs and events until it is stopped', async () => {
    let more = 0;
    const line = (message: string) => ({
      ...{
        time: '2026-11-20T10:00:00.000Z',
        level: 'info',
        version: 'v1',
        instance: null,
        message,
      },
    });
    const env = await start({
      'GET /api/services/wine/logs': ({ query }) => ({
        body: {
          items: query.cursor === undefined ? [line('first')] : more++ === 1 ? [line('later')] : [],
          next_cursor: 'c',
        },
      }),
    });
    const child = spawn(process.execPath, [cli.script, 'logs', 'wine', '-f', '--json'], {
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    let seen = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (piece: Buffer) => {
        seen += piece.toString();
        if (seen.includes('later')) resolve();
      });
      child.on('close', () => resolve());
    });
    const ended = new Promise((resolve) => child.on('close', (_, signal) => resolve(signal)));
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    expect(
      seen
        .trim()
        .split('\n')
        .map((each) => JSON.parse(each).message),
    ).toEqual(['first', 'later']);
  });

  it('follows events, each again when it comes again', async () => {
    let count = 0;
    const at = '2026-11-20T10:00:00.000Z';
    const env = await start({
      'GET /api/services/wine/events': () => {
        count += 1;
        const kind = { level: 'error', resource_kind: 'version', resource_name: 'v1' };
        const event = { ...kind, first_seen: at, last_seen: at, type: 'died', message: 'gone' };
        return { body: pageOf([{ ...event, count }]) };
      },
    });
    const child = spawn(process.execPath, [cli.script, 'events', 'wine', '--follow'], {
      env: { PATH: process.env.PATH ?? '', ...env },
    });
    let seen = '';
    await new Promise<void>((resolve) => {
      child.stdout.on('data', (piece: Buffer) => {
        seen += piece.toString();
        if (seen.includes('2 times')) resolve();
      });
      child.on('close', () => resolve());
    });
    child.kill('SIGTERM');
    expect(seen).toMatch(/error {2}version v1: gone\n.*error {2}version v1: gone \(2 times\)\n$/);
  });

  it('starts without what only some commands need', async () => {
    platform = await platformEmulator({});
    const home = join(cli.folder, 'alone');
    mkdirSync(home);
    // cli-table3 and tar are in chunks of their own, which this copy lacks.
    for (const name of readdirSync(cli.folder).filter((each) => /^(tidegate|chunk-)/.test(each))) {
      copyFileSync(join(cli.folder, name), join(home, name));
    }
    const code = await new Promise((resolve) => {
      spawn(process.execPath, [join(home, 'tidegate.mjs'), 'version']).on('close', resolve);
    });
    expect(code).toBe(0);
    rmSync(home, { recursive: true });
  });
});
