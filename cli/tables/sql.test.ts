import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { type CliProgram, cliProgram } from '../testing/cli-process';
import {
  type Answers,
  type Asked,
  type PlatformEmulator,
  platformEmulator,
  problem,
} from '../testing/platform-emulator';
import { readParquet } from '../testing/read-parquet';
import { pageOf } from '../testing/resources';
import { type CliRun, runCli } from '../testing/run-cli';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-sql-'));
afterAll(() => rmSync(folder, { recursive: true }));
let platform: PlatformEmulator;
let bundled: CliProgram;
beforeAll(async () => {
  bundled = await cliProgram();
}, 60_000);
afterAll(() => bundled.remove());
afterEach(() => platform.close());

const RESULT = {
  columns: [
    { name: 'name', type: 'VARCHAR' },
    { name: 'n', type: 'BIGINT' },
  ],
  rows: [
    ['red', 2],
    [null, '9007199254740993'],
  ],
  ...{ truncated: false, query_id: 'q-1', duration_ms: 12, scanned_bytes: null },
};
const RUN = 'POST /api/query';
const QUERY = '/api/queries/q-1';
const sqlOf = ({ body }: Asked) => JSON.parse(body.toString()).sql;

const sql = async (args: readonly string[], answers: Answers = {}, more: CliRun = {}) => {
  platform = await platformEmulator({ [RUN]: () => ({ body: RESULT }), ...answers });
  return runCli(['sql', ...args], { endpoint: platform.endpoint, ...more });
};

describe('sql', () => {
  it('prints rows for people, and says how many and how long', async () => {
    const { code, stdout, stderr } = await sql(['SELECT 1']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: [
        'name                 n',
        'red                  2',
        'NULL  9007199254740993',
        '',
      ].join('\n'),
      stderr: '2 rows in 0.01 s\n',
    });
    expect(JSON.parse(platform.asked[0]?.body.toString() ?? '')).toMatchObject({
      sql: 'SELECT 1',
      max_rows: 1000,
    });
  });

  it.each([
    [10_000_000, '10.0 MB scanned ($0.00005)'],
    [0, '0 B scanned, billed as 10 MB ($0.00005)'],
    [9_999_999, '10.0 MB scanned, billed as 10 MB ($0.00005)'],
    [24_000_001, '24.0 MB scanned ($0.00013)'],
    [3_210_000_000, '3.2 GB scanned ($0.02)'],
    [2_500_000_000_000, '2500.0 GB scanned ($12.50)'],
  ])('says what a statement cost that scanned %d bytes', async (bytes, words) => {
    const answers = { [RUN]: () => ({ body: { ...RESULT, scanned_bytes: bytes } }) };
    expect((await sql(['SELECT 1'], answers)).stderr).toBe(`2 rows in 0.01 s, ${words}\n`);
  });

  it('says that there is more', async () => {
    const answers = { [RUN]: () => ({ body: { ...RESULT, truncated: true } }) };
    const { stderr } = await sql(['SELECT 1', '--max-rows', '2'], answers);
    expect(stderr).toContain('raise --max-rows');
  });

  it("prints the platform's JSON", async () => {
    const { stdout, stderr } = await sql(['SELECT 1', '--json']);
    expect([JSON.parse(stdout), stderr]).toEqual([RESULT, '']);
  });

  it('takes a statement from stdin or a file', async () => {
    await sql([], {}, { stdin: 'SELECT 1\n' });
    expect(platform.asked.map(sqlOf)).toEqual(['SELECT 1\n']);
    await platform.close();
    const file = join(folder, 'ask.sql');
    writeFileSync(file, 'SELECT\n2');
    await sql(['--file', file]);
    expect(platform.asked.map(sqlOf)).toEqual(['SELECT\n2']);
  });

  it.each([
    ['nothing', [], {}, 'empty', 1],
    ['too much', [], { stdin: 'x'.repeat(400_001) }, '100,000 characters', 1],
    ['a statement and a file', ['SELECT 1', '--file', 'x.sql'], {}, 'not both', 2],
    ['no such file', ['--file', '/nowhere/x.sql'], {}, 'no such file', 1],
    ['Parquet and CSV', ['SELECT 1', '--csv', '--parquet', 'x'], {}, 'cannot be used', 2],
    ['no rows at all', ['SELECT 1', '--max-rows', '0'], {}, 'whole number', 2],
    ['a terminal and --json', ['--json'], { terminal: 80, stdin: terminal() }, 'give a', 2],
  ] as [string, string[], CliRun, string, number][])(
    'refuses %s',
    async (_, args, more, words, exit) => {
      const { code, stderr, stdout } = await sql(args, {}, more);
      expect({ code, stdout, stderr }).toEqual({
        code: exit,
        stdout: '',
        stderr: expect.stringContaining(words),
      });
      expect(platform.asked).toEqual([]);
    },
  );

  it('waits for a statement that takes long', async () => {
    let asked = 0;
    const state = { query_id: 'q-1', result: null, error: null };
    const result = await sql(['SELECT 1'], {
      [RUN]: () => ({ status: 202, body: { query_id: 'q-1' } }),
      [`GET ${QUERY}`]: () => {
        asked += 1;
        return asked < 3
          ? { body: { ...state, status: 'running' } }
          : { body: { ...state, status: 'succeeded', result: RESULT } };
      },
    });
    expect(result).toMatchObject({ code: 0, stdout: expect.stringContaining('red') });
  });

  it.each([
    ['failed', 'no such column', 'no such column'],
    ['cancelled', null, 'was cancelled'],
  ])('tells of one that %s', async (status, error, words) => {
    const { code, stderr } = await sql(['SELECT 1'], {
      [RUN]: () => ({ status: 202, body: { query_id: 'q-1' } }),
      [`GET ${QUERY}`]: () => ({ body: { query_id: 'q-1', status, result: null, error } }),
    });
    expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
  });

  it('tells what the platform says of a wrong statement', async () => {
    const refusing = () => problem(400, 'invalid-input', 'syntax error at "SELEC"');
    const { code, stderr } = await sql(['SELEC 1'], { [RUN]: refusing });
    expect([code, stderr]).toEqual([1, expect.stringContaining('syntax error')]);
  });
});

describe('a whole result', () => {
  const whole = (text: string): Answers => ({
    [`GET ${QUERY}/result`]: ({ query }) => ({ body: `${query.format}\n${text}` }),
  });
  const files = () => readdirSync(folder).filter((name) => name.startsWith('whole'));
  afterEach(() => {
    for (const name of files()) rmSync(join(folder, name));
  });

  it('goes to stdout as CSV, as it comes', async () => {
    const { stdout, stderr } = await sql(['SELECT 1', '--csv'], whole('a,b\n1,2\n'));
    expect([stdout, stderr]).toEqual(['csv\na,b\n1,2\n', '']);
  });

  it.each([
    [['--output', 'whole.csv'], 'csv'],
    [['--output', 'whole.parquet'], 'parquet'],
    [['--parquet', 'whole'], 'parquet'],
    [['--csv', '--output', 'whole.parquet'], 'csv'],
  ])('goes into a file: %j as %s', async ([...args], format) => {
    const name = args.at(-1) ?? '';
    writeFileSync(join(folder, name), 'older');
    const placed = [...args.slice(0, -1), join(folder, name)];
    const { code, stdout, stderr } = await sql(['SELECT 1', ...placed], whole('1'));
    expect([code, stdout, stderr]).toEqual([0, '', expect.stringContaining(`wrote`)]);
    expect(readFileSync(join(folder, name), 'utf8')).toBe(`${format}\n1`);
    expect(files()).toEqual([name]);
  });

  describe('that lies elsewhere', () => {
    const place = createServer();
    let seen: IncomingHttpHeaders | null = null;
    let answers: (response: ServerResponse) => void = () => {};
    let address = '';
    beforeAll(async () => {
      place.on('request', ({ headers }: IncomingMessage, response: ServerResponse) => {
        seen = headers;
        answers(response);
      });
      await once(place.listen(0, '127.0.0.1'), 'listening');
      const { port } = place.address() as AddressInfo;
      address = `http://127.0.0.1:${port}/result.csv?signature=secret`;
    });
    beforeEach(() => {
      seen = null;
    });
    afterAll(() => place.close());
    const leadsTo = (location: string): Answers => ({
      [`GET ${QUERY}/result`]: () => ({ status: 303, headers: { location } }),
    });

    it('is fetched from there, where no credential goes', async () => {
      answers = (response) => response.end('a\n1\n');
      const { code, stdout } = await sql(['SELECT 1', '--csv'], leadsTo(address));
      expect([code, stdout]).toEqual([0, 'a\n1\n']);
      expect(platform.asked.at(-1)?.headers.authorization).toBe('Bearer tgo-test');
      expect(seen).toMatchObject({ host: new URL(address).host });
      expect(seen).not.toHaveProperty('authorization');
    });

    it.each<[string, (response: ServerResponse) => void, string]>([
      ['is gone', (to) => to.writeHead(403).end('<Error>Expired</Error>'), '(403)'],
      ['leads on', (to) => to.writeHead(302, { location: address }).end(), 'cannot be reached'],
      ['breaks off', (to) => to.destroy(), 'cannot be reached'],
    ])('and %s there is told so, without the address that opens it', async (_, answer, words) => {
      answers = answer;
      const file = join(folder, 'whole.csv');
      const { code, stderr } = await sql(['SELECT 1', '--output', file], leadsTo(address));
      expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
      expect([stderr.includes('secret'), files()]).toEqual([false, []]);
    });

    describe('and is no Parquet', () => {
      const errors = [{ path: 'query.format', code: 'not-offered', message: 'csv alone' }];
      const columns = [
        { name: 'name', type: 'varchar' },
        { name: 'n', type: 'decimal(38,2)' },
      ];
      const refusing = (more: object): Answers => ({
        [RUN]: () => ({ body: { ...RESULT, columns } }),
        [`GET ${QUERY}/result`]: ({ query }) =>
          query.format === 'parquet'
            ? problem(400, 'bad-request', 'a result is a CSV here', more)
            : { status: 303, headers: { location: address } },
      });
      const formats = () => platform.asked.flatMap(({ query }) => query.format ?? []);

      it.each([
        ['--output', 'whole.parquet'],
        ['--parquet', 'whole'],
      ])('is made into it here: %s', async (option, name) => {
        answers = (response) => response.end('"name","n"\n"red","2.50"\n,\n"","0.01"\n');
        const file = join(folder, name);
        writeFileSync(file, 'older');
        const { code, stderr } = await sql(['SELECT 1', option, file], refusing({ errors }));
        expect([code, stderr]).toEqual([0, expect.stringMatching(/^wrote \S+, \d+ B\n$/)]);
        expect(await readParquet(file)).toEqual({
          columns: [
            ['name', 'VARCHAR'],
            ['n', 'DECIMAL(38,2)'],
          ],
          rows: [
            ['red', '2.50'],
            [null, null],
            ['', '0.01'],
          ],
        });
        expect([files(), formats()]).toEqual([[name], ['parquet', 'csv']]);
      });

      it.each<[string, (response: ServerResponse) => void, string]>([
        ['cannot be made into it', (to) => to.end('"name","n"\n"red","x"\n'), '--csv'],
        ['cannot be fetched', (to) => to.writeHead(403).end(), '(403)'],
        ['breaks off', (to) => to.write('"name"\n', () => to.destroy()), 'cannot be reached'],
      ])('and %s leaves the older file as it is, and nothing else', async (_, answer, words) => {
        answers = answer;
        const file = join(folder, 'whole.parquet');
        writeFileSync(file, 'older');
        const asked = ['SELECT 1', '--parquet', file];
        const { code, stderr } = await sql(asked, refusing({ errors }));
        expect([code, stderr]).toEqual([1, expect.stringContaining(words)]);
        expect([files(), readFileSync(file, 'utf8')]).toEqual([['whole.parquet'], 'older']);
      });

      it('stays refused for another reason', async () => {
        const file = join(folder, 'whole.parquet');
        const other = [{ path: 'query.format', code: 'invalid_value', message: 'wrong' }];
        const asked = ['SELECT 1', '--parquet', file];
        const { code, stderr } = await sql(asked, refusing({ errors: other }));
        expect([code, stderr]).toEqual([1, expect.stringContaining('a result is a CSV here')]);
        expect([files(), formats()]).toEqual([[], ['parquet']]);
      });

      it('ends on Ctrl-C while it is made, and leaves nothing', async () => {
        answers = (response) => response.end(`"name","n"\n${'"red","2.50"\n'.repeat(6_000_000)}`);
        symlinkSync(join(__dirname, '../../node_modules'), join(bundled.folder, 'node_modules'));
        const file = join(folder, 'whole.parquet');
        platform = await platformEmulator({
          ...refusing({ errors }),
          [`DELETE ${QUERY}`]: () => ({ status: 204 }),
        });
        const child = spawn(
          process.execPath,
          [bundled.script, 'sql', 'SELECT 1', '--parquet', file],
          {
            env: { TIDEGATE_ENDPOINT: platform.endpoint, TIDEGATE_TOKEN: 'tgo-test' },
          },
        );
        let stderr = '';
        child.stderr.on('data', (piece: Buffer) => {
          stderr += piece;
        });
        const ended = once(child, 'close');
        const begun = () =>
          files().some((name) => existsSync(join(folder, name, 'made.parquet'))) ||
          child.exitCode !== null;
        while (!begun()) await new Promise((resolve) => setTimeout(resolve, 5));
        child.kill('SIGINT');
        expect([await ended, stderr]).toEqual([
          [1, null],
          expect.stringContaining('was cancelled'),
        ]);
        expect(files()).toEqual([]);
      });
    });

    it.each(['elsewhere', 'ftp://127.0.0.1/x', ''])('at no address is refused: %j', async (to) => {
      const { code, stderr } = await sql(['SELECT 1', '--csv'], leadsTo(to));
      expect([code, stderr, seen]).toEqual([1, expect.stringContaining('redirect'), null]);
    });
  });

  it('leaves the older file as it is when it fails', async () => {
    const file = join(folder, 'whole.csv');
    writeFileSync(file, 'older');
    const gone = () => problem(404, 'not-found', 'no query q-1');
    const answers = { [`GET ${QUERY}/result`]: gone };
    const { code, stderr } = await sql(['SELECT 1', '--output', file], answers);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no query q-1')]);
    expect(readFileSync(file, 'utf8')).toBe('older');
    expect(files()).toEqual(['whole.csv']);
  });

  it('says where it cannot be written', async () => {
    const { code, stderr } = await sql(['SELECT 1', '--output', '/nowhere/x.csv'], whole('1'));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('/nowhere/x.csv cannot be written'),
    ]);
  });
});

describe('Ctrl-C', () => {
  it('cancels the statement on the platform', async () => {
    let isCancelled = false;
    const asked = Promise.withResolvers<void>();
    platform = await platformEmulator({
      [RUN]: () => ({ status: 202, body: { query_id: 'q-1' } }),
      [`GET ${QUERY}`]: () => {
        asked.resolve();
        const status = isCancelled ? 'cancelled' : 'running';
        return { body: { query_id: 'q-1', status, result: null, error: null } };
      },
      [`DELETE ${QUERY}`]: () => {
        isCancelled = true;
        return { status: 204 };
      },
    });
    const child = spawn(process.execPath, [bundled.script, 'sql', 'SELECT 1'], {
      env: {
        PATH: process.env.PATH ?? '',
        TIDEGATE_ENDPOINT: platform.endpoint,
        TIDEGATE_TOKEN: 'tgo-test',
      },
    });
    let stderr = '';
    child.stderr.on('data', (piece: Buffer) => {
      stderr += piece;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    await asked.promise;
    child.kill('SIGINT');
    expect(await ended).toBe(1);
    expect([isCancelled, stderr]).toEqual([true, expect.stringContaining('was cancelled')]);
  });
});

describe('the prompt', () => {
  const table = { name: 'inference.wine', service: 'wine' };
  const tables = pageOf([{ ...table, columns: [{ name: 'alcohol', type: 'double' }] }]);
  const answers: Answers = {
    [RUN]: (asked) =>
      sqlOf(asked).includes('wrong')
        ? problem(400, 'invalid-input', 'syntax error')
        : { body: RESULT },
    'GET /api/tables': () => ({ body: tables }),
  };
  const typing = async (...keys: readonly string[]) => {
    const stdin = terminal();
    const ended = sql([], answers, { terminal: 80, stdin });
    for (const key of keys) {
      stdin.write(key);
      await new Promise((resolve) => setTimeout(resolve, 60));
    }
    return ended;
  };

  it('answers statements of many lines, one after the other, and goes on after a wrong one', async () => {
    const { code, stdout, stderr } = await typing(
      'SELECT 1\n',
      "  , ';';\n",
      'wrong;SELECT 2;\n',
      '\\q\n',
    );
    expect(platform.asked.map(sqlOf)).toEqual(["SELECT 1\n  , ';'", 'wrong', 'SELECT 2']);
    expect(code).toBe(0);
    expect(stdout).toContain('red');
    expect(stderr).toContain('syntax error');
  });

  it('shows tables and columns, and says what there is', async () => {
    const { stdout, stderr } = await typing('\\d\n', '\\d wine;\n', '\\d none\n', '\\?\n', '\\q\n');
    expect(stdout).toMatch(/inference\.wine +wine +1/);
    expect(stdout).toMatch(/alcohol +double/);
    expect(stdout).toContain('leaves');
    expect(stderr).toContain('no table none');
  });

  it('completes a word, and remembers what was asked as one line', async () => {
    const keys = ['SELECT alc', '\t', '\n', 'FROM inf', '\t', ';\n', '\x1b[A', ';\n', '\\q\n'];
    await typing(...keys);
    const lines = platform.asked.filter(({ method }) => method === 'POST').map(sqlOf);
    expect(lines).toEqual([
      'SELECT alcohol\nFROM inference.wine',
      'SELECT alcohol FROM inference.wine',
    ]);
  });

  it('forgets what is typed on Ctrl-C, and leaves on Ctrl-D', async () => {
    const { code } = await typing('SELECT wrong\n', 'rest', '\x03', 'SELECT 3;\n', '\x04');
    expect([code, platform.asked.map(sqlOf)]).toEqual([0, ['SELECT 3']]);
  });

  it('cancels what runs on Ctrl-C', async () => {
    let isCancelled = false;
    const stdin = terminal();
    const asked = Promise.withResolvers<void>();
    const ended = sql(
      [],
      {
        [RUN]: () => ({ status: 202, body: { query_id: 'q-1' } }),
        [`GET ${QUERY}`]: () => {
          asked.resolve();
          const status = isCancelled ? 'cancelled' : 'running';
          return { body: { query_id: 'q-1', status, result: null, error: null } };
        },
        [`DELETE ${QUERY}`]: () => {
          isCancelled = true;
          return { status: 204 };
        },
      },
      { terminal: 80, stdin },
    );
    stdin.write('SELECT 1;\n');
    await asked.promise;
    stdin.write('\x03');
    while (!isCancelled) await new Promise((resolve) => setTimeout(resolve, 5));
    stdin.write('\\q\n');
    expect(await ended).toMatchObject({ code: 0, stderr: expect.stringContaining('cancelled') });
  });
});

function terminal(): PassThrough {
  return Object.assign(new PassThrough(), { isTTY: true });
}
