import { spawn } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelVersion } from '../../core/models/model-version';
import { ask, type OpenHost, openHost, sumModel, until, versionPlan } from './local-host-fixture';
import { pidsWithVariable } from './replicas/process-table';

const isLinux = process.platform === 'linux';
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

interface Told {
  readonly env: Readonly<Record<string, string>> & { readonly HOME: string };
  readonly pid: number;
  readonly uid: number;
  readonly cwd: string;
  readonly secret?: string;
}

describe('Local host: processes', () => {
  let test: OpenHost;
  const open = async (options: Parameters<typeof openHost>[0] = {}) => {
    test = await openHost(options);
    return test;
  };
  afterEach(() => test.close());

  const invoke = async (...about: Parameters<typeof ask>) => test.host.invoke(ask(...about));
  const sumOf = async (...about: Parameters<typeof ask>) =>
    Array.from((await invoke(...about)).predictions);
  const scored = (digest: string, about: Partial<ModelVersion> = {}) =>
    sumModel(digest, { runtime: 'image', ...about });
  const telling = (digest: string): ModelVersion => {
    const { signature } = sumModel(digest);
    const output = { type: 'string', width: 1, classes: null } as const;
    return scored(digest, { signature: { ...signature, output } });
  };
  const told = async (): Promise<Told> => JSON.parse(String((await sumOf([[1, 2]]))[0]));
  const pidsOf = (): readonly number[] =>
    JSON.parse(readFileSync(join(test.folder, 'replicas.json'), 'utf8')).processes.map(
      ({ pid }: { pid: number }) => pid,
    );

  it('gives a process an environment and folders of its own, and none of the platform', async () => {
    process.env.TIDEGATE_OPERATOR_TOKEN = 'tgo-secret';
    const { newPackage, run } = await open();
    const environment = { GREETING: 'hello', HOME: '/root', LANG: 'de_DE.UTF-8' };
    await run(versionPlan(telling(newPackage({ tells: true })), { environment }));
    const { env, cwd, pid } = await told();
    delete process.env.TIDEGATE_OPERATOR_TOKEN;
    expect(new Set(Object.keys(env))).toEqual(
      new Set(['GREETING', 'HOME', 'LANG', 'PATH', 'SAGEMAKER_BIND_TO_PORT', 'TMPDIR']),
    );
    expect(env).toMatchObject({ GREETING: 'hello', LANG: 'de_DE.UTF-8', PATH: process.env.PATH });
    expect(env.HOME.startsWith(join(tmpdir(), 'tidegate-'))).toBe(true);
    expect(cwd.startsWith(join(env.HOME, '..'))).toBe(true);
    expect(pidsOf()).toEqual([pid]);
    await test.host.remove('wine');
    expect([existsSync(cwd), isAlive(pid), pidsOf()]).toEqual([false, false, []]);
  });

  it('runs each as a user of its own who cannot read our files, where it may', async () => {
    const { folder, newPackage, run } = await open();
    const secret = join(folder, 'credentials.json');
    writeFileSync(secret, 'tgo-secret', { mode: 0o600 });
    await run(versionPlan(telling(newPackage({ tells: true, secret }))));
    const first = await told();
    const spy = newPackage({ tells: true, secret: `/proc/${process.pid}/environ` });
    await run(versionPlan({ ...telling(spy), version: 2 }));
    await until(() => test.host.modelOf('wine', 'v1')?.version === 2);
    const second = await told();
    const own = process.getuid?.();
    if (own === 0) {
      expect([first.secret, second.secret]).toEqual(['EACCES', 'EACCES']);
      expect(new Set([0, first.uid, second.uid]).size).toBe(3);
    } else expect([first.uid, second.uid]).toEqual([own, own]);
  });

  it('keeps the package from being changed by its process', async () => {
    const { newPackage, run } = await open();
    const folder = newPackage({ tells: true });
    await run(versionPlan(telling(folder)));
    const { cwd } = await told();
    expect([existsSync(join(cwd, 'mine')), existsSync(join(folder, 'mine'))]).toEqual([
      true,
      false,
    ]);
  });

  it('passes params on', async () => {
    const { newPackage, run } = await open();
    await run(versionPlan(scored(newPackage({}))));
    await expect(sumOf([[1, 2]], { params: { scale: 10 } })).resolves.toEqual([30]);
  });

  it('answers through the other replica when one is killed, and starts it again', async () => {
    const { host, newPackage, run, events } = await open();
    await run(versionPlan(scored(newPackage({})), { replicas: 2 }));
    const over = new AbortController();
    const caller = async (answers: unknown[]): Promise<readonly unknown[]> => {
      while (!over.signal.aborted) answers.push(...(await sumOf([[1, 2]])));
      return answers;
    };
    const callers = Promise.all([caller([]), caller([]), caller([])]);
    const [victim = 0] = pidsOf();
    process.kill(victim, 'SIGKILL');
    const restarts = () => host.instances('wine').map((one) => one.restarts);
    await until(() => restarts().includes(1) && host.states('wine')[0]?.running === 2);
    over.abort();
    for (const answers of await callers) expect(new Set(answers)).toEqual(new Set([3]));
    expect(restarts()).toEqual(expect.arrayContaining([0, 1]));
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'died', message: expect.stringMatching('SIGKILL') }),
    );
    expect(pidsOf()).not.toContain(victim);
  });

  it('recovers when its only replica is killed', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(scored(newPackage({}))));
    for (const pid of pidsOf()) process.kill(pid, 'SIGKILL');
    await until(() => host.instances('wine')[0]?.restarts === 1 && host.isRunning('wine', 'v1'));
    await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
  });

  it.each([
    [-1, /it answered 500: .*list index out of range/],
    [-6, /its answer is not JSON/],
    [-7, /it answered 4 rows for 1/],
  ])('says that the model failed, and keeps its words from the caller (%d)', async (cell, why) => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(scored(newPackage({}))));
    const refused = await invoke([[cell, 0]]).catch((error) => error);
    expect(refused).toMatchObject({
      kind: 'model-error',
      cause: { message: expect.stringMatching(why) },
    });
    expect(refused.message).not.toMatch(/range|JSON|rows/);
    expect(host.instances('wine')).toMatchObject([{ restarts: 0 }]);
  });

  it('ends one that is stuck on a request, and starts another', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(scored(newPackage({}))));
    const [pid = 0] = pidsOf();
    await expect(invoke([[-3, 0]], { timeoutMs: 100 })).rejects.toMatchObject({
      kind: 'model-timeout',
    });
    await until(() => host.instances('wine')[0]?.restarts === 1 && host.isRunning('wine', 'v1'));
    await until(() => !isAlive(pid));
    await expect(sumOf([[1, 2]])).resolves.toEqual([3]);
  });

  it('says why one does not start: its last words, or its port', async () => {
    const { host, newPackage } = await open({ times: { start: 2_000 } });
    const traceback = [
      'Traceback (most recent call last):',
      '  File "serve.py", line 3, in <module>',
      "ModuleNotFoundError: No module named 'xgboost'",
      'shutting down',
    ];
    const versions = [
      versionPlan(scored(newPackage({ says: traceback.join('\n') }))),
      versionPlan(scored(newPackage({ mute: true })), { name: 'v2' }),
      versionPlan(scored(noServe(newPackage({}))), { name: 'v3' }),
    ];
    await host.apply({ service: 'wine', maxQueue: 9, versions });
    await until(() => host.states('wine').every(({ status }) => status === 'failed'));
    expect(host.states('wine').map(({ reason }) => reason)).toEqual([
      "its process ended with code 1: ModuleNotFoundError: No module named 'xgboost'",
      'it was not ready in time: GET /ping did not answer 200 on its port',
      expect.stringMatching('executable file `serve`'),
    ]);
    expect(pidsOf()).toEqual([]);
  });

  it('tells what a process uses', async () => {
    const { host, newPackage, run } = await open();
    await run(versionPlan(scored(newPackage({}))));
    const [instance] = host.instances('wine');
    if (isLinux) {
      expect(instance?.memory_bytes).toBeGreaterThan(10_000_000);
    } else expect(instance?.memory_bytes).toBeNull();
  });

  it('takes with it whatever the process started, where that can be told', async () => {
    if (!isLinux) return;
    const { newPackage, run, close } = await open();
    await run(versionPlan(scored(newPackage({ orphan: true }))));
    const [pid = 0] = pidsOf();
    const { root } = JSON.parse(readFileSync(join(test.folder, 'replicas.json'), 'utf8'));
    const family = () => pidsWithVariable('TMPDIR', `${root}/`);
    await until(() => family().length === 3);
    await close();
    await until(() => family().length === 0 && !isAlive(pid));
  });

  it('ends at its start what a killed platform left behind, where that can be told', async () => {
    if (!isLinux) return;
    const first = await open();
    await first.run(versionPlan(scored(first.newPackage({}))));
    const [pid = 0] = pidsOf();
    const root = JSON.parse(readFileSync(join(first.folder, 'replicas.json'), 'utf8')).root;
    const stray = spawn('sleep', ['300'], {
      detached: true,
      stdio: 'ignore',
      env: { TMPDIR: `${root}/x/tmp` },
    });
    const stranger = spawn('sleep', ['300'], { detached: true, stdio: 'ignore' });
    const file = join(first.folder, 'replicas.json');
    const left = readFileSync(file, 'utf8');
    const second = await openHost({ folder: first.folder });
    await until(() => !isAlive(pid) && stray.exitCode === null && stray.signalCode !== null);
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null]);
    stranger.kill('SIGKILL');
    expect(existsSync(JSON.parse(left).root)).toBe(false);
    await second.host.close(100);
  });
});

const noServe = (folder: string): string => {
  rmSync(join(folder, 'serve'));
  return folder;
};
