import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';

const open = 'auth: false, throttle: { rate: 100000, burst: 100000 }';
const loop = './model-server/fixtures/loop.onnx';
const manifest = `
services:
  hasty: { ${open}, timeout_ms: 500, versions: { v1: { model: ${loop} } } }
  patient: { ${open}, timeout_ms: 20000, versions: { v1: { model: ${loop} } } }
  wine: { ${open}, versions: { v1: { model: ./examples/wine/model } } }
`;
/** Counting so far takes some 1.5 s. */
const LATE = 1_000_000;
const FOREVER = 1e17;

/** Threads of the platform's own making, by their ids. */
const threadsOf = ({ process: { pid } }: Running): string[] =>
  readdirSync(`/proc/${pid}/task`).filter((id) => {
    try {
      return readFileSync(`/proc/${pid}/task/${id}/comm`, 'utf8').trim() === 'WorkerThread';
    } catch {
      return false;
    }
  });

/** Nothing interrupts a native call, and it ends the process that ends its thread meanwhile. */
describe('an ONNX model that answers after its time', () => {
  let running: Running;
  let call: Caller;
  const count = (service: string, to: number) =>
    call(`/services/${service}/predict`, { body: { inputs: { x: [to] } } });
  const outcome = (service: string, to: number) =>
    count(service, to).then(
      ({ status }) => status,
      () => 'cut',
    );

  beforeEach(async () => {
    running = await startPlatform({ manifest });
    call = caller(running.url);
  }, 30_000);
  // Whatever a test that fails leaves alive.
  afterEach(() => running.process.kill('SIGKILL'));

  it('ends its own thread, and nothing else', async () => {
    const before = threadsOf(running);
    expect((await count('hasty', LATE)).status).toBe(504);
    expect((await call('/services/wine/predict', { body: wineBody })).status).toBe(200);
    // Another thread has taken its place before, or while, it goes.
    await until(
      () => count('hasty', 3),
      ({ status }) => status === 200,
    );
    await until(
      async () => threadsOf(running),
      (now) => before.some((id) => !now.includes(id)),
    );
    const end = Date.now() + 3_000;
    while (Date.now() < end) {
      expect((await call('/services/wine/predict', { body: wineBody })).status).toBe(200);
      await sleep(50);
    }
    expect(threadsOf(running)).toHaveLength(before.length);
    expect(await running.stop()).toBe(0);
  }, 60_000);

  it('lets the platform end with 0, while it goes on or returns meanwhile', async () => {
    expect((await count('hasty', LATE)).status).toBe(504);
    expect(await running.stop()).toBe(0);

    running = await startPlatform({ manifest });
    call = caller(running.url);
    // The end waits for this one, and sees the late one return.
    const inTime = outcome('patient', 2 * LATE);
    expect((await count('hasty', LATE)).status).toBe(504);
    expect(await running.stop()).toBe(0);
    expect([200, 'cut']).toContain(await inTime);
  }, 40_000);

  it('does not keep the platform from ending with 0, although it never returns', async () => {
    const cut = outcome('patient', FOREVER);
    await sleep(200);
    const since = Date.now();
    expect(await running.stop()).toBe(0);
    // It gives up on the call after 8 s; how soon the rest is over depends on who else is busy here.
    expect(Date.now() - since).toBeLessThan(15_000);
    expect(['cut', 503]).toContain(await cut);
  }, 30_000);
});
