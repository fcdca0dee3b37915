import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { caller, until } from '../support/api';
import { spawnPlatform, startPlatform, temporaryFolder } from '../support/platform';
import { wineBody } from '../support/wine';
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
    const { child, output } = spawnPlatform(join(temporaryFolder(), 'data'), {
      manifest: sums(path),
      env,
    });
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
