import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cliProgram } from '../testing/cli-process';
import {
  type Answers,
  type PlatformEmulator,
  platformEmulator,
  problem,
} from '../testing/platform-emulator';
import { anOperator } from '../testing/resources';
import { runCli } from '../testing/run-cli';
import { awsEnvironment, TEST_CREDENTIALS } from './testing/aws-environment';

const { created_by, created_at, updated_at, revision, ...me } = anOperator();
const LATER = '2099-01-01T00:00:00.000Z';
const admitted = (more: object = {}) => ({
  status: 201,
  body: { operator: me, token: 'tgo-fresh', expires_at: LATER, ...more },
});
const ANSWERS: Answers = {
  'POST /api/session/viewer': () => admitted(),
  'POST /api/session/admin': () => admitted(),
  'GET /api/me': () => ({ body: me }),
};

/** API Gateway checks signatures, which nothing here can: the journeys against a deployment do it for real. */
let platform: PlatformEmulator;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidegate-login-'));
});
afterEach(async () => {
  await platform.close();
  rmSync(folder, { recursive: true });
});

const file = () => join(folder, 'tidegate', 'credentials.json');
const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  runCli(args, { env: { TIDEGATE_DATA: '', TIDEGATE_TOKEN: '', XDG_CONFIG_HOME: folder, ...env } });
const signIn = async (answers: Answers = ANSWERS, ...more: readonly string[]) => {
  platform = await platformEmulator(answers);
  return run(['login', '--endpoint', platform.endpoint, '--region', 'eu-west-1', ...more]);
};

describe('login', () => {
  awsEnvironment({ ...TEST_CREDENTIALS, AWS_SESSION_TOKEN: 'passing' });

  it('sends a request that is signed for API Gateway, and keeps the token for its owner alone', async () => {
    const { code, stdout } = await signIn(ANSWERS, '--role', 'admin');
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringMatching(/^ada, admin with data, at http:\S+ until 20(98|99)-/),
    });
    const [asked] = platform.asked;
    expect(asked?.path).toBe('/api/session/admin');
    expect(asked?.headers.authorization).toMatch(
      /^AWS4-HMAC-SHA256 Credential=test\/\d{8}\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=[a-z0-9;-]*\bhost;\S*, Signature=[0-9a-f]{64}$/,
    );
    expect(asked?.headers['x-amz-security-token']).toBe('passing');
    expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual({
      endpoint: platform.endpoint,
      operator_token: 'tgo-fresh',
      expires_at: LATER,
    });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(join(folder, 'tidegate')).mode & 0o777).toBe(0o700);
  });

  it('leaves commands that need no flags, until logout', async () => {
    await signIn();
    expect((await run(['whoami'])).stdout).toMatch(/^ada, admin with data, at http/);
    expect(platform.asked.at(-1)?.headers.authorization).toBe('Bearer tgo-fresh');
    expect((await run(['logout'])).stderr).toBe(`Signed out of ${platform.endpoint}.\n`);
    expect((await run(['logout'])).stderr).toBe('You were not signed in.\n');
  });

  it('never shows the token', async () => {
    const { stdout, stderr } = await signIn(ANSWERS, '--json');
    expect(JSON.parse(stdout)).toEqual({
      endpoint: platform.endpoint,
      operator: me,
      expires_at: LATER,
    });
    expect(stdout + stderr).not.toContain('tgo-');
  });

  it('says to sign in again when the token has ended, and then needs no endpoint', async () => {
    await signIn({
      ...ANSWERS,
      'POST /api/session/viewer': () => admitted({ expires_at: '2026-01-01T00:00:00.000Z' }),
    });
    const asked = platform.asked.length;
    const ended = await run(['whoami']);
    expect(ended.code).toBe(1);
    expect(ended.stderr).toMatch(
      /you were signed in until 20(25|26)-\S+ \S+\n +sign in again: tidegate login\n/,
    );
    expect(platform.asked).toHaveLength(asked);
    expect((await run(['login', '--region', 'eu-west-1'])).code).toBe(0);
    expect((await run(['whoami'], { TIDEGATE_TOKEN: 'tgo-other' })).code).toBe(0);
  });

  it('says what IAM must allow when it says no', async () => {
    const words = 'User: ann is not authorized to perform: execute-api:Invoke';
    const { code, stderr } = await signIn(
      { 'POST /api/session/admin': () => ({ status: 403, body: { Message: words } }) },
      ...['--role', 'admin'],
    );
    expect(code).toBe(1);
    expect(stderr).toContain(
      `IAM does not let you sign in as admin at ${platform.endpoint}: User: ann`,
    );
    expect(stderr).toMatch(
      /allow execute-api:Invoke on arn:aws:execute-api:eu-west-1:\S+\/POST\/api\/session\/admin/,
    );
  });

  it('tells the embedded home and other servers from the AWS home', async () => {
    const words = 'AWS credentials open the AWS home alone';
    const refusing = { 'POST /api/session/viewer': () => problem(404, 'not-found', words) };
    expect((await signIn(refusing)).stderr).toContain(words);
    await platform.close();
    const page = () => ({ status: 200, headers: { 'content-type': 'text/html' }, body: '<p>' });
    // Beside the paths that the test's server holds to the contracts.
    platform = await platformEmulator({ 'POST /stage/api/session/viewer': page });
    const at = ['login', '--endpoint', `${platform.endpoint}/stage`, '--region', 'eu-west-1'];
    expect((await run(at)).stderr).toContain('is text/html, not JSON: is it another server?');
  });

  it('does not write over the keys of a platform on this machine', async () => {
    mkdirSync(join(folder, 'tidegate'));
    writeFileSync(file(), '{"operator_token":"tgo-x","keys":{}}');
    expect((await signIn()).stderr).toContain('belongs to a platform on this machine');
    expect(platform.asked).toEqual([]);
    expect(readFileSync(file(), 'utf8')).toContain('tgo-x');
  });

  it.each([
    [['login'], /say where: --endpoint/],
    [['login', '--endpoint', 'http://example.com', '--region', 'eu-west-1'], /over https/],
    [['login', '--endpoint', 'https://a.example', '--role', 'owner'], /viewer, editor, admin/],
  ])('is called wrongly as %j', async (args, message) => {
    platform = await platformEmulator({});
    const { code, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringMatching(message) });
  });

  it('asks for the Region where no address names it', async () => {
    platform = await platformEmulator(ANSWERS);
    const { stderr } = await run(['login', '--endpoint', platform.endpoint]);
    expect(stderr).toContain('it is not said which AWS Region is meant');
  });
});

describe('what was done last', () => {
  awsEnvironment(TEST_CREDENTIALS);

  /** As `tidegate up` writes it into the folder where a command runs. */
  const startedHere = (at: Date): void => {
    mkdirSync('.tidegate');
    writeFileSync(
      '.tidegate/credentials.json',
      '{"endpoint":"http://127.0.0.1:9","operator_token":"tgo-here"}',
    );
    utimesSync('.tidegate/credentials.json', at, at);
  };
  const before = process.cwd();
  beforeEach(() => process.chdir(folder));
  afterEach(() => process.chdir(before));

  it.each([
    ['the sign-in', -1, false],
    ['the platform that was started here', 1, true],
  ])('counts: %s', async (_, minutes, isHere) => {
    await signIn();
    startedHere(new Date(Date.now() + minutes * 60_000));
    const { stderr } = await run(['whoami']);
    expect(stderr.includes('http://127.0.0.1:9 ')).toBe(isHere);
  });
});

describe('login without AWS credentials', () => {
  awsEnvironment({});

  it('says where they may come from', async () => {
    const { code, stderr } = await signIn();
    expect(code).toBe(1);
    expect(stderr).toMatch(/there are no AWS credentials: .+\n +set AWS_PROFILE or --profile/);
    expect(platform.asked).toEqual([]);
  });
});

describe('an installation that only serves', () => {
  it('says how to get what signs', async () => {
    // Bundled as it is shipped, in a folder without packages.
    const program = await cliProgram();
    try {
      platform = await platformEmulator({});
      const { code, stderr } = await program.run(['login', '--endpoint', platform.endpoint]);
      expect({ code, stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/needs the AWS SDK, .*\n +run `npm install`/),
      });
      expect((await program.run(['version'])).code).toBe(0);
    } finally {
      program.remove();
    }
  });
});
