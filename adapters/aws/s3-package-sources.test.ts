import { randomUUID } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { create } from 'tar';
import { describePython } from '../../infra-tests/support/python';
import { unpack } from '../embedded/package-archive';
import { s3PackageSources } from './s3-package-sources';
import { s3Uploads } from './s3-uploads';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

describePython('package sources in S3', (python) => {
  const root = mkdtempSync(join(tmpdir(), 's3-sources-'));
  const bucket = 'artifacts';
  let emulator: MiniStack;
  let client: S3Client;
  let sources: ReturnType<typeof s3PackageSources>;
  let uploads: ReturnType<typeof s3Uploads>;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    client = new S3Client(clientOf(emulator.endpoint));
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    await client.send(new CreateBucketCommand({ Bucket: 'theirs' }));
    sources = s3PackageSources({ client, bucket, scratch: root, unpack, mlflow: null });
    uploads = s3Uploads({ client, bucket, newId: randomUUID });
  }, 60_000);
  afterAll(async () => {
    client.destroy();
    await emulator.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const archive = async (): Promise<Buffer> => {
    writeFileSync(join(root, 'MLmodel'), 'flavors: {}\n');
    await create({ gzip: true, cwd: root, file: join(root, 'sent.tar.gz') }, ['MLmodel']);
    return readFileSync(join(root, 'sent.tar.gz'));
  };
  const keys = async () =>
    (await client.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? [];
  const put = (Key: string, Body: string) =>
    client.send(new PutObjectCommand({ Bucket: 'theirs', Key, Body }));

  it('take what was uploaded to an address of its own, until it is forgotten', async () => {
    const { upload_id, url, method } = await uploads.create();
    const sent = await fetch(url, { method, body: new Uint8Array(await archive()) });
    expect(sent.status).toBe(200);

    const fetched = await sources.fetch({ upload: upload_id });
    expect(readdirSync(fetched.folder)).toEqual(['MLmodel']);
    await fetched.release();
    expect(() => readdirSync(fetched.folder)).toThrow('ENOENT');
    const image = { uri: 'x', data: { upload: upload_id } };
    for (const other of [{ s3: 's3://theirs/models' }, { image: { uri: 'x' } }]) {
      await uploads.forget(other);
    }
    expect(await keys()).toHaveLength(1);
    await uploads.forget({ image });
    await uploads.forget({ upload: upload_id });
    expect(await keys()).toEqual([]);
    await expect(sources.fetch({ upload: upload_id })).rejects.toThrow(/no such upload/);
  });

  it('refuse uploads that were never sent, and names that are none', async () => {
    const { upload_id } = await uploads.create();
    for (const upload of [upload_id, '../records', '']) {
      await expect(sources.fetch({ upload })).rejects.toMatchObject({ kind: 'bad-request' });
    }
  });

  it('take a folder of S3 with all its files, or one object', async () => {
    await put('models/wine/MLmodel', 'flavors: {}\n');
    await put('models/wine/data/model.onnx', 'onnx');
    await put('models/wine-other/MLmodel', 'not this one');
    const folder = await sources.fetch({ s3: 's3://theirs/models/wine' });
    expect(readdirSync(folder.folder, { recursive: true }).toSorted()).toEqual([
      ...['MLmodel', 'data', 'data/model.onnx'],
    ]);
    expect(folder.source).toEqual({ s3: 's3://theirs/models/wine' });
    await folder.release();

    const file = await sources.fetch({ s3: 's3://theirs/models/wine/data/model.onnx' });
    expect(readdirSync(file.folder)).toEqual(['model.onnx']);
    await file.release();
  });

  it('say what is wrong with an S3 address', async () => {
    const cases: [string, RegExp][] = [
      ['theirs/models', /write an S3 source as s3:/],
      ['s3://theirs/nothing-here', /no such object/],
      ['s3://nobodys-bucket/model.onnx', /no such bucket/],
    ];
    for (const [s3, why] of cases) await expect(sources.fetch({ s3 })).rejects.toThrow(why);
  });

  it('refuse what cannot be had in this home, with the way out', async () => {
    const refusals = [
      { path: '/models/wine' },
      { mlflow: 'models:/wine/1' },
      { image: { uri: 'x' } },
    ];
    for (const source of refusals) {
      await expect(sources.fetch(source)).rejects.toMatchObject({ kind: 'bad-request' });
    }
  });
});
