import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { caller, until } from '../support/api';
import { type Running, spawnPlatform, startPlatform, temporaryFolder } from '../support/platform';
import { example, wineBody } from '../support/wine';
import { DOES, processModel, rowOf } from './process-model';
import { connectTo, requestText } from './raw-socket';

const wine = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
`;
const sums = (path: string) => `
services:
  sums:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ${path} }
`;
const freshData = (): string => join(temporaryFolder(), 'data');

interface Ended {
  readonly code: number | null;
  readonly lines: readonly string[];
}

/** How a start that must not succeed ends. */
const endOf = async (
  data: string,
  options: Parameters<typeof spawnPlatform>[1] = {},
): Promise<Ended> => {
  const { child, output } = spawnPlatform(data, options);
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  const [code] = await once(child, 'close');
  clearTimeout(late);
  return { code, lines: output().trim().split('\n') };
};

const alive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
};

/** Processes of a stand-in for Python. */
const pidsOf = (program: string): number[] =>
  readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes(program);
      } catch {
        return false;
      }
    })
    .map(Number);

describe('a start that must not be', () => {
  let running: Running;
  beforeAll(async () => {
    running = await startPlatform({ manifest: wine });
  }, 60_000);
  afterAll(async () => {
    expect((await caller(running.url)('/services/wine/predict', { body: wineBody })).status).toBe(
      200,
    );
    expect(await running.stop()).toBe(0);
  });

  it('is that of a second process on the same data', async () => {
    const { code, lines } = await endOf(running.data, { manifest: wine });
    expect({ code, lines }).toEqual({
      code: 1,
      lines: [
        expect.stringMatching(new RegExp(`in use by process ${running.process.pid}:.*--data`)),
      ],
    });
  });

  it('is that of many at once: one of them wins', async () => {
    const data = freshData();
    const all = Array.from({ length: 4 }, () => spawnPlatform(data, { manifest: wine }));
    const codes = all.map(async ({ child }) => (await once(child, 'exit'))[0] as number | null);
    await until(
      async () => all.filter(({ output }) => output().includes('is ready on')).length,
      (ready) => ready === 1,
    );
    await until(
      async () => all.filter(({ child }) => child.exitCode === 1).length,
      (ended) => ended === 3,
    );
    for (const { child } of all) child.kill('SIGTERM');
    expect((await Promise.all(codes)).toSorted()).toEqual([0, 1, 1, 1]);
  }, 40_000);

  it('is that on a port in use, and leaves its data to the next', async () => {
    const data = freshData();
    const { port } = new URL(running.url);
    const { code, lines } = await endOf(data, { manifest: wine, args: ['--port', port] });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(`port ${port} on 127.0.0.1 is in use`);
    expect(lines.join()).not.toMatch(/\bat .*\.mjs/);
    const next = await startPlatform({ manifest: wine, data });
    expect(await next.stop()).toBe(0);
  }, 40_000);

  it('is that on data of a newer version, in the folder or in its databases', async () => {
    for (const spoil of [
      (data: string) => writeFileSync(join(data, 'version'), '99\n'),
      (data: string) => new DatabaseSync(join(data, 'records.db')).exec('PRAGMA user_version = 99'),
      (data: string) => new DatabaseSync(join(data, 'quotas.db')).exec('PRAGMA user_version = 99'),
    ]) {
      const data = freshData();
      await (await startPlatform({ data })).stop();
      spoil(data);
      const { code, lines } = await endOf(data);
      expect({ code, lines }).toEqual({
        code: 1,
        lines: [expect.stringMatching(/written by a newer Tidegate.*update this one/)],
      });
    }
  }, 40_000);

  it.each([
    ['YAML that is none', 'services: [', /tidegate\.yaml:\d+:\d+: /],
    ['a tab', 'services:\n\twine: {}', /tidegate\.yaml:2:\d+: /],
    ['a list', '- wine', /tidegate\.yaml:1:1: /],
    ['an unknown field', 'services:\n  wine: { frob: 1 }', /tidegate\.yaml:2:\d+: services\.wine/],
    ['a bad name', 'services:\n  Wine: {}', /tidegate\.yaml:2:3: services\.Wine/],
    ['a reserved name', 'services:\n  labels: {}', /tidegate\.yaml:2:3: services\.labels/],
    ['a service twice', 'services:\n  wine: {}\n  wine: {}', /tidegate\.yaml:3:3: /],
    [
      'weights that are no hundred',
      'services:\n  wine:\n    versions:\n      v1: { model: ./examples/wine/model, weight: 99 }',
      /tidegate\.yaml:3:\d+: services\.wine\.versions/,
    ],
    [
      'a model that is not there',
      'services:\n  wine:\n    versions:\n      v1: { model: ./nowhere }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: .*nowhere/,
    ],
    [
      'a model that is none',
      'services:\n  wine:\n    versions:\n      v1: { model: ./docs }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: /,
    ],
    [
      'a model that does not load',
      'services:\n  wine:\n    versions:\n      v1: { model: ./model-server/fixtures/unsupported-op.onnx }',
      /tidegate\.yaml:4:\d+: services\.wine\.versions\.v1\.model: .*Frobnicate/,
    ],
    [
      'aliases without end',
      `a: &a [x,x]\n${[...'bcdefghijklmnopqrstu'].map((name, at) => `${name}: &${name} [${`*${'abcdefghijklmnopqrst'[at]},`.repeat(9)}]`).join('\n')}\nservices: {}`,
      /tidegate\.yaml/,
    ],
  ])('is that with a manifest with %s', async (_, manifest, line) => {
    const { code, lines } = await endOf(freshData(), { manifest });
    expect(code).toBe(1);
    expect(lines[0]).toMatch(line);
    expect(lines.join('\n')).not.toMatch(/\bat .*\.mjs|"level"/);
  });

  it('is that with a manifest that is not there', async () => {
    const args = ['--manifest', '/nowhere/tidegate.yaml'];
    expect(await endOf(freshData(), { args })).toEqual({
      code: 1,
      lines: [expect.stringContaining('no manifest /nowhere/tidegate.yaml')],
    });
  });

  it("is that on a folder that cannot be written, is no folder, or is somebody else's", async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    const foreign = join(folder, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'thesis.tex'), 'x');
    for (const data of [file, join(file, 'data'), '/sys/tidegate', '/dev/null/data', foreign]) {
      const { code, lines } = await endOf(data);
      expect({ code, lines }).toEqual({ code: 1, lines: [expect.stringContaining(data)] });
    }
    expect(readdirSync(foreign)).toEqual(['thesis.tex']);
  });

  it.each([
    ['credentials.json', '{'],
    ['version', 'x'],
    ['records.db', 'this is no database, but it is long enough to be taken for one'.repeat(100)],
    ['quotas.db', 'this is no database, but it is long enough to be taken for one'.repeat(100)],
  ])('is that on data whose %s is spoilt', async (name, text) => {
    const data = freshData();
    await (await startPlatform({ data })).stop();
    writeFileSync(join(data, name), text);
    const { code, lines } = await endOf(data);
    expect({ code, first: lines[0], count: lines.length }).toEqual({
      code: 1,
      first: expect.stringContaining(name),
      count: 1,
    });
  });

  it.each([
    [['--host', '0.0.0.0'], 2, /--tls-cert/],
    [['--host', '::'], 2, /--tls-cert/],
    [['--host', '192.0.2.1', '--behind-proxy'], 1, /no address of this machine/],
    [['--port', '70000'], 2, /65535/],
    [['--port', '-1'], 2, /65535/],
    [['--port', 'http'], 2, /65535/],
    [['--tls-cert', '/nowhere.pem'], 2, /go together/],
    [['--tls-cert', '/nowhere.pem', '--tls-key', '/nowhere.pem'], 1, /nowhere\.pem cannot be read/],
    [['--tls-cert', '/etc/hostname', '--tls-key', '/etc/hostname'], 1, /certificate|PEM/i],
  ])('is that with %j', async (args, code, line) => {
    const ended = await endOf(freshData(), { args });
    expect(ended).toMatchObject({ code, lines: [expect.stringMatching(line)] });
  });

  it('is that with a token that is too easy to guess', async () => {
    for (const token of ['secret', 'tgo-short', 'tgk-0123456789012345678901234567890123456789']) {
      const { code, lines } = await endOf(freshData(), { env: { TIDEGATE_OPERATOR_TOKEN: token } });
      expect({ code, lines }).toEqual({
        code: 1,
        lines: [expect.stringContaining('TIDEGATE_OPERATOR_TOKEN')],
      });
      expect(lines.join()).not.toContain(token);
    }
  });
});

describe('an end', () => {
  it('answers what is in flight and what comes on its connections meanwhile, and nobody new', async () => {
    const { path, env } = processModel();
    const running = await startPlatform({ manifest: sums(path), env });
    const call = caller(running.url);
    const agent = new Agent({ keepAlive: true, maxSockets: 4 });
    const predict = (a: number, b: number) =>
      new Promise<number>((resolve, reject) => {
        const sent = request(`${running.url}/services/sums/predict`, { method: 'POST', agent });
        sent.on('response', (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        sent.on('error', reject);
        sent.end(JSON.stringify(rowOf(a, b)));
      });
    const stopping = new AbortController();
    const statuses: number[] = [];
    const busy = Array.from({ length: 4 }, async () => {
      // Each on a connection of its own, as fast as it goes.
      while (!stopping.signal.aborted) statuses.push(await predict(1, 2));
    });
    const slow = [1_200, 1_500, 1_800].map((ms) =>
      call('/services/sums/predict', { body: rowOf(DOES.wait, ms) }),
    );
    await sleep(600);
    stopping.abort();
    const since = Date.now();
    const stopped = running.stop();
    await sleep(100);
    await expect(call('/healthz')).rejects.toThrow();
    expect((await Promise.all(slow)).map(({ status }) => status)).toEqual([200, 200, 200]);
    await Promise.all(busy);
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect(await stopped).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toEqual([]);
    agent.destroy();
  }, 30_000);

  it('loses no request of clients that go on and on over kept connections', async () => {
    const running = await startPlatform({ manifest: wine });
    const text = requestText('POST', '/services/wine/predict', [], JSON.stringify(wineBody));
    const asked = async (): Promise<readonly [sent: number, answered: number]> => {
      const line = await connectTo(running.url);
      for (let count = 1; ; count += 1) {
        line.write(text);
        const answer = await line.answer();
        if (answer?.status !== 200) return [count, count - 1];
        // It was told not to ask again here.
        if (answer.headers.connection === 'close') return [count, count];
      }
    };
    const clients = Array.from({ length: 8 }, asked);
    await sleep(300);
    const since = Date.now();
    expect(await running.stop()).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    for (const [sent, answered] of await Promise.all(clients)) expect(answered).toBe(sent);
  }, 30_000);

  it('comes within 10 s, whatever hangs', async () => {
    const { path, env } = processModel();
    const running = await startPlatform({ manifest: sums(path), env });
    const call = caller(running.url);
    const hanging = [DOES.hang, DOES.spin].map((what) =>
      call('/services/sums/predict', { body: rowOf(what) }).then(
        ({ status }) => status,
        () => 'cut',
      ),
    );
    const silent = await connectTo(running.url);
    silent.write('POST /services/sums/predict HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n');
    await sleep(300);
    const since = Date.now();
    expect(await running.stop()).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toEqual([]);
    for (const end of await Promise.all(hanging)) expect(['cut', 502, 503, 504]).toContain(end);
  }, 30_000);

  it('comes within 10 s of a start that is not over', async () => {
    const { path, env } = processModel({ mute: true });
    const { child, output } = spawnPlatform(freshData(), { manifest: sums(path), env });
    const ended = once(child, 'exit');
    await until(
      async () => pidsOf(`${env.TIDEGATE_PYTHON}`).length,
      (count) => count > 0,
    );
    const since = Date.now();
    child.kill('SIGTERM');
    expect((await ended)[0]).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(output()).not.toContain('is ready');
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toEqual([]);
  }, 40_000);

  it('comes at once when it is asked for twice', async () => {
    const { path, env } = processModel();
    const running = await startPlatform({ manifest: sums(path), env });
    const cut = caller(running.url)('/services/sums/predict', { body: rowOf(DOES.hang) });
    cut.catch(() => undefined);
    await sleep(200);
    const ended = once(running.process, 'exit');
    running.process.kill('SIGINT');
    await sleep(200);
    running.process.kill('SIGINT');
    expect((await ended)[0]).toBe(130);
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toEqual([]);
  }, 30_000);

  it('by kill -9 leaves model processes that the next start ends', async () => {
    const { path, env } = processModel();
    const first = await startPlatform({ manifest: sums(path), env });
    const [left = 0] = pidsOf(`${env.TIDEGATE_PYTHON}`);
    await first.kill();
    await sleep(100);
    expect(alive(left)).toBe(true);
    const second = await startPlatform({ manifest: sums(path), env, data: first.data });
    expect(alive(left)).toBe(false);
    const { body } = await caller(second.url)('/services/sums/predict', { body: rowOf(1, 2) });
    expect(body.predictions).toEqual([3]);
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toHaveLength(1);
    expect(await second.stop()).toBe(0);
    expect(pidsOf(`${env.TIDEGATE_PYTHON}`)).toEqual([]);
  }, 40_000);
});

describe('TLS', () => {
  const folder = temporaryFolder();
  const cert = join(folder, 'cert.pem');
  const key = join(folder, 'key.pem');

  beforeAll(() => {
    const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const made = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', ...subject];
    const { status } = spawnSync('openssl', [...made, '-keyout', key, '-out', cert]);
    expect(status).toBe(0);
  });

  it('lets the platform be reached from elsewhere, and refuses what is no TLS', async () => {
    const args = ['--host', '0.0.0.0', '--tls-cert', cert, '--tls-key', key];
    const running = await startPlatform({ manifest: wine, args });
    const { port } = new URL(running.url);
    expect(running.url).toBe(`https://0.0.0.0:${port}`);
    const body = JSON.stringify(wineBody);
    const answer = await new Promise<{ status?: number; text: string }>((resolve, reject) => {
      const options = { host: '127.0.0.1', port, path: '/services/wine/predict', method: 'POST' };
      const trusted = {
        ...options,
        ca: readFileSync(cert),
        headers: { 'content-length': body.length },
      };
      const sent = tlsRequest(trusted, (response) => {
        let text = '';
        response.on('data', (chunk) => {
          text += chunk;
        });
        response.on('end', () => resolve({ status: response.statusCode, text }));
      });
      sent.on('error', reject).end(body);
    });
    expect(answer.status).toBe(200);
    expect(JSON.parse(answer.text).predictions).toHaveLength(example.data.length);
    const plain = await connectTo(`http://127.0.0.1:${port}`);
    plain.write(requestText('GET', '/healthz'));
    expect(await plain.answer()).toBeNull();
    const files = readdirSync(`/proc/${running.process.pid}/fd`).length;
    for (let count = 0; count < 30; count += 1) {
      const line = await connectTo(`http://127.0.0.1:${port}`);
      line.write(Buffer.from('16030100f1010000ed0303', 'hex'));
      line.socket.destroy();
    }
    await until(
      async () => readdirSync(`/proc/${running.process.pid}/fd`).length,
      (now) => now <= files + 2,
    );
    expect(await running.stop()).toBe(0);
  }, 30_000);
});
