import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { describePython } from '../../infra-tests/support/python';
import { artifactStoreContract } from '../contracts/artifact-store.contract';
import { fileArtifactStore, manifestOfFolder } from '../embedded/file-artifact-store';
import { packagePrefix, s3ArtifactStore } from './s3-artifact-store';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

describePython('S3 artifact store', (python) => {
  const root = mkdtempSync(join(tmpdir(), 's3-artifacts-'));
  let emulator: MiniStack;
  let client: S3Client;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    client = new S3Client(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    client.destroy();
    await emulator.stop();
    rmSync(root, { recursive: true, force: true });
  });

  const newBucket = async (): Promise<string> => {
    const bucket = randomUUID();
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
    return bucket;
  };
  /** One more process, with a disk of its own. */
  const storeOf = (bucket: string) =>
    s3ArtifactStore({
      ...{ client, bucket, manifestOf: manifestOfFolder },
      local: fileArtifactStore(mkdtempSync(join(root, 'disk-'))),
    });
  const packageOf = (files: Readonly<Record<string, string>>): string => {
    const folder = mkdtempSync(join(root, 'package-'));
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };
  const keysIn = async (bucket: string) => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: bucket }));
    return Contents.map(({ Key = '' }) => Key);
  };

  artifactStoreContract(async () => storeOf(await newBucket()));

  it('gives every process what one has put, until one removes it', async () => {
    const bucket = await newBucket();
    const [one, other] = [storeOf(bucket), storeOf(bucket)];
    const { digest } = await one.put(packageOf({ a: '1', b: '2' }));
    await expect(other.open(digest)).resolves.toBeTruthy();
    await one.remove(digest);
    await expect(other.open(digest)).rejects.toMatchObject({ kind: 'not-found' });
    expect(await keysIn(bucket)).toEqual([]);
  });

  it('names the object that was changed or lost, and opens no such package', async () => {
    const bucket = await newBucket();
    const { digest } = await storeOf(bucket).put(packageOf({ a: '1', b: '2' }));
    const at = { Bucket: bucket, Key: `${packagePrefix(digest)}b` };
    await client.send(new PutObjectCommand({ ...at, Body: '3' }));
    await expect(storeOf(bucket).open(digest)).rejects.toThrow('changed in S3 (b)');
    await client.send(new DeleteObjectCommand(at));
    await expect(storeOf(bucket).open(digest)).rejects.toThrow('changed in S3 (b)');
    await storeOf(bucket).put(packageOf({ a: '1', b: '2' }));
    await expect(storeOf(bucket).open(digest)).resolves.toBeTruthy();
  });

  it('knows no package of which a process that was killed has brought a part', async () => {
    const bucket = await newBucket();
    const { digest } = await storeOf(bucket).put(packageOf({ a: '1' }));
    for (const Key of await keysIn(bucket)) {
      if (Key.startsWith('manifests/'))
        await client.send(new DeleteObjectCommand({ Bucket: bucket, Key }));
    }
    await expect(storeOf(bucket).open(digest)).rejects.toMatchObject({ kind: 'not-found' });
  });
});
