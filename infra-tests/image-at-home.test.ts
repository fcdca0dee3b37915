import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { create } from 'tar';
import { caller, until } from './support/api';
import { type Running, startPlatform, temporaryFolder } from './support/platform';
import { wineBody } from './support/wine';

const IMAGE = `111122223333.dkr.ecr.eu-west-1.amazonaws.com/own@sha256:${'0'.repeat(64)}`;
const fields = readFileSync(join(__dirname, '../examples/wine/model/MLmodel'), 'utf8');

/** A package that names an image, with the wine model for its container. */
const imagePackage = (): string => {
  const folder = join(temporaryFolder(), 'image');
  mkdirSync(join(folder, 'model'), { recursive: true });
  writeFileSync(join(folder, 'tidegate-image.json'), JSON.stringify({ image: IMAGE }));
  writeFileSync(join(folder, 'model/MLmodel'), fields);
  return folder;
};

describe('a container image at home', () => {
  const folder = imagePackage();
  let platform: Running;
  beforeAll(async () => {
    platform = await startPlatform({
      manifest: `
services:
  wine:
    auth: false
    versions:
      v1: { model: ./examples/wine/model, weight: 50 }
      v2: { model: ${folder}, weight: 50 }`,
    });
  }, 30_000);
  afterAll(() => platform.stop());

  it('of a manifest for both homes does not run, and says so, while the other versions answer for it', async () => {
    const operator = caller(platform.url, platform.token);
    const version = await until(
      () => operator('/api/services/wine/versions/v2'),
      ({ body }) => body.status === 'failed',
    );
    expect(version.body.status_reason).toMatch(/runs no container images: run the version on AWS/);
    await until(
      () => operator('/api/services/wine/versions/v1'),
      ({ body }) => body.status === 'running',
    );
    const predict = caller(platform.url);
    for (let i = 0; i < 10; i += 1) {
      const answer = await predict('/services/wine/predict', { body: wineBody });
      expect(answer).toMatchObject({ status: 200, body: { service_version: 'v1' } });
    }
    const { body: model } = await operator(
      `/api/models/wine/versions/${version.body.model.version}`,
    );
    expect(model.container).toEqual({ image: IMAGE, environment_names: [], data: true });
  }, 30_000);

  it('is not registered, by its name or as a package', async () => {
    const operator = caller(platform.url, platform.token);
    const register = (source: object) =>
      operator('/api/models/image/versions', { body: { source } });
    const named = await register({ image: { uri: IMAGE } });
    expect(named).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
    expect(named.body.detail).toMatch(/a container image works in the AWS home: here, give/);
    const file = join(temporaryFolder(), 'image.tar.gz');
    await create({ gzip: true, file, cwd: folder }, ['.']);
    const { body: upload } = await operator('/api/uploads', { method: 'POST' });
    await operator(upload.url, { method: 'PUT', body: new Uint8Array(readFileSync(file)) });
    const sent = await register({ upload: upload.upload_id });
    expect(sent).toMatchObject({ status: 400, body: { type: 'urn:tidegate:bad-request' } });
    expect(sent.body.detail).toMatch(/names a container image, and this home runs none: register/);
  });
});
