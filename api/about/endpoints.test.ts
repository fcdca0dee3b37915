import type { HttpRequest } from '../http';
import { aboutEndpoints, type ReadyCheck } from './endpoints';

const request: HttpRequest = {
  path: {},
  query: {},
  headers: {},
  body: new Uint8Array(),
  requestId: '0198',
  operator: null,
};

const ready = (...checks: ReadyCheck[]) =>
  aboutEndpoints({ checks: async () => checks }).getReadiness(request);

describe('what the platform says about itself', () => {
  it('lives', async () => {
    const { getHealth } = aboutEndpoints({ checks: async () => [] });
    await expect(getHealth(request)).resolves.toMatchObject({
      status: 200,
      body: { status: 'ok' },
    });
  });

  it('describes itself', async () => {
    const { getOpenApi } = aboutEndpoints({ checks: async () => [] });
    await expect(getOpenApi(request)).resolves.toMatchObject({ body: { openapi: '3.1.0' } });
  });

  it('is ready when every check passes', async () => {
    const records = { name: 'records', ok: true, detail: 'answer' };
    await expect(ready(records)).resolves.toMatchObject({
      status: 200,
      body: { status: 'ready', checks: [records] },
    });
  });

  it('is unavailable, with every check that fails, when one does', async () => {
    const failed = ready(
      { name: 'records', ok: true, detail: 'answer' },
      { name: 'disk', ok: false, detail: 'full' },
      { name: 'models', ok: false, detail: 'wine does not run' },
    );
    await expect(failed).rejects.toMatchObject({
      kind: 'unavailable',
      message: 'disk: full; models: wine does not run',
      faults: [
        { path: 'disk', message: 'full' },
        { path: 'models', message: 'wine does not run' },
      ],
    });
  });
});
