import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type CliProgram, cliProgram } from '../testing/cli-process';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
} from '../testing/platform-emulator';
import { aService, aVersion, pageOf } from '../testing/resources';
import { runCli } from '../testing/run-cli';

const ANSWERS: Answers = {
  'GET /api/services': () => ({ body: pageOf([aService(), aService({ name: 'loans' })]) }),
  'GET /api/services/wine/versions': () => ({
    body: pageOf([aVersion(), aVersion({ name: 'v2' })]),
  }),
};

let platform: PlatformEmulator;
beforeEach(async () => {
  platform = await platformEmulator(ANSWERS);
});
afterEach(() => platform.close());

const candidates = async (...words: readonly string[]) => {
  const args = ['__complete', '--', ...words];
  const { stdout, stderr, code } = await runCli(args, { endpoint: platform.endpoint });
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  return stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => line.split('\t')[0]);
};

describe('completion', () => {
  it.each([
    [['serv'], ['services']],
    [
      ['services', 'st'],
      ['start', 'stop'],
    ],
    [['services', 'create', '--quo'], ['--quota']],
    [['services', 'list', '--js'], ['--json']],
    [
      ['completion', ''],
      ['bash', 'zsh', 'fish'],
    ],
    [['operators', 'create', 'ci', '--role', 'e'], ['editor']],
    [['operators', 'create', 'ci', '--role', 'editor', '--gr'], ['--grant']],
    [['predict', 'w'], ['wine']],
    [
      ['--json', 'logs', ''],
      ['wine', 'loans'],
    ],
    [
      ['logs', 'wine', '--version', ''],
      ['v1', 'v2'],
    ],
    [
      ['versions', 'show', 'wine', ''],
      ['v1', 'v2'],
    ],
    [['predict', 'wine', '--', '--f'], []],
    [['predict', 'wine', ''], []],
    [['no-such', ''], []],
  ])('of %j is %j', async (words, expected) => {
    expect(await candidates(...words)).toEqual(expected);
  });

  it('of nothing is every command, none of them hidden', async () => {
    const commands = await candidates('');
    expect(commands).toEqual(expect.arrayContaining(['init', 'models', 'whoami', 'help']));
    expect(commands).not.toContain('__complete');
  });

  it('asks the platform that was named before', async () => {
    const { endpoint } = platform;
    const args = ['__complete', '--', '--endpoint', endpoint, 'logs', ''];
    expect((await runCli(args)).stdout).toBe('wine\tred\nloans\tred\n');
    expect((await runCli(['__complete', '--', `--endpoint=${endpoint}`, 'logs', 'l'])).stdout).toBe(
      'loans\tred\n',
    );
  });

  it('is silent where the platform cannot be asked', async () => {
    await platform.close();
    expect(await candidates('logs', '')).toEqual([]);
  });
});

describe('the script of bash', () => {
  let program: CliProgram;
  beforeAll(async () => {
    program = await cliProgram();
    const command = join(program.folder, 'tidegate');
    writeFileSync(command, `#!/bin/sh\nexec '${process.execPath}' '${program.script}' "$@"\n`);
    chmodSync(command, 0o755);
  });
  afterAll(() => program.remove());

  /** What a real bash would offer after a line. */
  const offered = async (line: string): Promise<string[]> => {
    const script = `
      source <(tidegate completion bash)
      complete -p tidegate >/dev/null || exit 9
      COMP_LINE=$1 COMP_POINT=\${#1}
      read -ra COMP_WORDS <<< "$1"; COMP_CWORD=$(( \${#COMP_WORDS[@]} - 1 ))
      _tidegate
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const { stdout } = await promisify(execFile)('bash', ['--norc', '-c', script, 'bash', line], {
      env: {
        PATH: `${program.folder}:${process.env.PATH}`,
        TIDEGATE_TOKEN: 'tgo-test',
        TIDEGATE_DATA: '/nowhere',
        TIDEGATE_ENDPOINT: platform.endpoint,
      },
    });
    return stdout.split('\n').filter(Boolean);
  };

  it('completes commands and options', async () => {
    expect(await offered('tidegate services st')).toEqual(['start', 'stop']);
    expect(await offered('tidegate services ')).toContain('traffic');
    expect(await offered('tidegate predict wine --batch')).toEqual(['--batch-rows']);
    expect(await offered('tidegate completion z')).toEqual(['zsh']);
  });

  it('completes names of services, also after an address with colons', async () => {
    expect(await offered('tidegate predict w')).toEqual(['wine']);
    const line = `tidegate --endpoint ${platform.endpoint} logs `;
    expect(await offered(line)).toEqual(['wine', 'loans']);
  });

  it('offers nothing of its own where a file is wanted', async () => {
    expect(await offered('tidegate predict wine rows')).toEqual([]);
  });
});

describe('the scripts of zsh and fish', () => {
  it.each([
    ['zsh', 'compdef _tidegate tidegate'],
    ['fish', 'complete -c tidegate'],
  ])('%s registers itself and asks the program', async (shell, line) => {
    const { stdout } = await runCli(['completion', shell]);
    expect(stdout).toContain(line);
    expect(stdout).toContain('__complete --');
  });

  it('are of three shells', async () => {
    expect((await runCli(['completion', 'tcsh'])).code).toBe(2);
  });
});
