import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { wineBody } from '../support/wine';

const open = 'auth: false, throttle: { rate: 100000, burst: 100000 }';
const manifest = `
services:
  loop:
    { ${open}, timeout_ms: 500, versions: { v1: { model: ./model-server/fixtures/loop.onnx } } }
  wine: { ${open}, versions: { v1: { model: ./examples/wine/model } } }
`;
const FOREVER = 1e17;

/** A graph that counts to the number it is given: nothing can interrupt it. */
describe('an ONNX model that a request keeps busy for ever', () => {
  let running: Running;
  let call: Caller;
  let operator: Caller;
  const count = (...to: number[]) =>
    call('/services/loop/predict', { body: { inputs: { x: to } } });
  const restarts = async (): Promise<number> => {
    const { body } = await operator('/api/services/loop/versions/v1/instances');
    return body.items[0].restarts;
  };

  beforeAll(async () => {
    running = await startPlatform({ manifest });
    call = caller(running.url);
    operator = caller(running.url, running.token);
  }, 30_000);

  it('never holds up the rest of the platform, and is started anew', async () => {
    const short = await count(3, 7);
    expect(short).toMatchObject({ status: 200, body: { predictions: [7, 7] } });
    for (const round of [1, 2]) {
      const stuck = count(FOREVER);
      for (let asked = 0; asked < 20; asked += 1) {
        expect((await call('/services/wine/predict', { body: wineBody })).status).toBe(200);
      }
      expect(await stuck).toMatchObject({
        status: 504,
        body: { type: 'urn:tidegate:model-timeout' },
      });
      await until(restarts, (now) => now === round);
      await until(
        () => count(round),
        ({ status }) => status === 200,
      );
    }
  }, 30_000);

  it('takes only so many cores for good, and says why it is not started again', async () => {
    // Now the two threads before count as stuck.
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    const stuck = await count(FOREVER);
    expect(stuck.status).toBe(504);
    await until(
      () => operator('/api/services/loop/versions/v1'),
      ({ body }) => /still busy .*restart the platform/.test(body.status_reason),
    );
    expect((await call('/services/wine/predict', { body: wineBody })).status).toBe(200);
  }, 30_000);

  it('does not keep the platform from ending within 10 s', async () => {
    const since = Date.now();
    expect(await running.stop()).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    expect(running.output()).not.toMatch(/warning.*execve|ExperimentalWarning/i);
  }, 20_000);
});
