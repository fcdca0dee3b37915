import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { caller, until } from './support/api';
import { type Running, startPlatform, temporaryFolder } from './support/platform';

/** Any program that keeps the contract: here one in Node that answers the product of two columns, and fails by itself when they are 0, saying its trace. */
const SERVE = `#!/usr/bin/env node
require('node:http').createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/ping') return response.end();
    const { columns, data } = JSON.parse(Buffer.concat(chunks)).dataframe_split;
    const [a, b] = ['a', 'b'].map((name) => columns.indexOf(name));
    if (data[0][a] === 0) response.statusCode = 500;
    if (data[0][a] === 0) return response.end('seen ' + request.headers.traceparent);
    response.end(JSON.stringify({ predictions: data.map((row) => row[a] * row[b]) }));
  });
}).listen(process.env.SAGEMAKER_BIND_TO_PORT, '127.0.0.1');
`;
const MODEL = {
  flavors: {},
  signature: {
    inputs: JSON.stringify(['a', 'b'].map((name) => ({ name, type: 'double', required: true }))),
    outputs: JSON.stringify([{ type: 'double', name: 'product', required: true }]),
  },
};

describe('a package with a program of its own', () => {
  let platform: Running;
  beforeAll(async () => {
    platform = await startPlatform();
  }, 30_000);
  afterAll(() => platform.stop());

  it('is registered from an upload, served behind the container contract, and its first answers kept', async () => {
    const folder = join(temporaryFolder(), 'package');
    mkdirSync(folder);
    writeFileSync(join(folder, 'MLmodel'), JSON.stringify(MODEL));
    writeFileSync(join(folder, 'serve'), SERVE);
    chmodSync(join(folder, 'serve'), 0o755);
    const example = { columns: ['a', 'b'], data: [[2, 3]] };
    writeFileSync(join(folder, 'input_example.json'), JSON.stringify(example));
    const file = join(temporaryFolder(), 'package.tar.gz');
    await create({ gzip: true, file, cwd: folder }, ['.']);

    const operator = caller(platform.url, platform.token);
    const { body: upload } = await operator('/api/uploads', { method: 'POST' });
    await operator(upload.url, { method: 'PUT', body: new Uint8Array(readFileSync(file)) });
    const registered = await operator('/api/models/product/versions', {
      body: { source: { upload: upload.upload_id } },
    });
    expect(registered).toMatchObject({
      status: 201,
      body: { flavor: 'container', runtime: 'image', expected: { predictions: null } },
    });
    const versions = { v1: { model: { name: 'product', version: 1 } } };
    await operator('/api/services', { body: { name: 'product', auth: false, versions } });
    await until(
      () => operator('/api/services/product'),
      ({ body }) => body.status === 'running',
    );
    const answer = await caller(platform.url)('/services/product/predict', {
      body: { dataframe_records: [{ b: 7, a: 6, c: 1 }] },
    });
    expect(answer).toMatchObject({ status: 200, body: { predictions: [42] } });
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    const failed = await caller(platform.url)('/services/product/predict', {
      headers: { traceparent },
      body: { dataframe_records: [{ a: 0, b: 0 }] },
    });
    expect(failed).toMatchObject({ status: 502, body: { type: 'urn:tidegate:model-error' } });
    const { body: logs } = await operator('/api/services/product/logs');
    const told = logs.items.map(({ message }: { message: string }) => message);
    const id = failed.headers.get('x-request-id');
    expect(told).toContainEqual(
      expect.stringContaining(`request ${id} (trace 0af7651916cd43dd8448eb211c80319c)`),
    );
    expect(told.join('\n')).toContain(`seen ${traceparent}`);

    const kept = await operator('/api/models/product/versions/1');
    expect(kept.body.expected).toMatchObject({ predictions: [6], origin: 'recorded' });
  }, 30_000);
});
