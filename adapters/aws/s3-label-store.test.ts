import { randomUUID } from 'node:crypto';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { hourOfKey } from '../../core/tables/arrival-key';
import { labelBatches } from '../../core/tables/label-batches';
import { describePython } from '../../infra-tests/support/python';
import { sqliteRecordStore } from '../embedded/sqlite-record-store';
import { labelOf } from '../embedded/tables/labels-fixture';
import { s3LabelStore } from './s3-label-store';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

const T = '2026-11-20T10:59:59.999Z';
const LATER = '2026-11-20T15:00:00.000Z';
const batch = {
  ...{ batch_id: 'b1', service: 'red-wine', received_at: T },
  labels: [
    labelOf(6, { example_id: 'e-0' }),
    labelOf('", {\n', { client_request_id: 'c' }, '2026-11-01T00:00:00.000Z'),
  ],
};

describePython('labels in S3', (python) => {
  let emulator: MiniStack;
  let s3: S3Client;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    s3 = new S3Client({ ...clientOf(emulator.endpoint), forcePathStyle: true });
  }, 60_000);
  afterAll(async () => {
    s3.destroy();
    await emulator.stop();
  });

  const open = async (prefix = '') => {
    const bucket = randomUUID();
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    const batches = labelBatches(sqliteRecordStore(':memory:', { now: () => new Date(T) }));
    return {
      store: s3LabelStore({ s3, bucket, prefix, batches }),
      bucket,
      batches,
      objects: async () => {
        const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket }));
        return Contents.map(({ Key = '' }) => Key);
      },
      linesOf: async (Key: string): Promise<unknown[]> => {
        const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key }));
        const text = (await Body?.transformToString()) ?? '';
        return text
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line));
      },
    };
  };
  const KEY = 'labels/service=red-wine/dt=2026-11-20/hour=10/b1.ndjson';

  it('are one object per call, in the hour of its receipt, which the builds are told of', async () => {
    const { store, objects, linesOf } = await open();
    await store.append(batch);
    expect(await objects()).toEqual([KEY]);
    expect(hourOfKey(KEY, '')).toEqual({
      ...{ service: 'red-wine', kind: 'labels', date: '2026-11-20', hour: '10' },
    });
    const of = { service: 'red-wine', received_at: T, batch_id: 'b1', name: 'label' };
    expect(await linesOf(KEY)).toEqual([
      {
        ...of,
        example_id: 'e-0',
        ...{ label: '6', labelled_at: T, position: 0 },
      },
      {
        ...of,
        ...{ client_request_id: 'c', row_index: 0 },
        ...{ label: JSON.stringify('", {\n'), labelled_at: '2026-11-01T00:00:00.000Z' },
        position: 1,
      },
    ]);
  });

  it('lie under the prefix of the stage, where the builds are told of them, too', async () => {
    const { store, objects } = await open('ml/live/');
    await store.append(batch);
    expect(await objects()).toEqual([`ml/live/${KEY}`]);
    expect(hourOfKey(`ml/live/${KEY}`, 'ml/live/')).toEqual(hourOfKey(KEY, ''));
  });

  it('are the same object hours later, which is not written again', async () => {
    const { store, bucket, objects, linesOf } = await open();
    await store.append(batch);
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: KEY, Body: '"as it was"' }));
    await store.append({ ...batch, received_at: LATER });
    expect(await objects()).toEqual([KEY]);
    expect(await linesOf(KEY)).toEqual(['as it was']);
  });

  it('are one object when they come several times at once', async () => {
    const { store, objects, linesOf } = await open();
    const times = ['10:00', '11:00', '12:00'].map((time) => `2026-11-20T${time}:00.000Z`);
    await Promise.all(times.map((received_at) => store.append({ ...batch, received_at })));
    const [key = '', ...others] = await objects();
    expect(others).toEqual([]);
    const received = new Set((await linesOf(key)).map((line) => Object(line).received_at));
    expect(received.size).toBe(1);
    expect(key).toContain(`hour=${String([...received][0]).slice(11, 13)}/`);
  });

  it('that were remembered but not put are put under their first time', async () => {
    const { store, objects, linesOf, batches } = await open();
    await batches.receive('red-wine', 'b1', T);
    await store.append({ ...batch, received_at: LATER });
    expect(await objects()).toEqual([KEY]);
    expect(await linesOf(KEY)).toContainEqual(expect.objectContaining({ received_at: T }));
  });

  it('are not taken in when they could not be put', async () => {
    const { store, bucket, batches } = await open();
    const elsewhere = s3LabelStore({ s3, bucket: `${bucket}-gone`, prefix: '', batches });
    await expect(elsewhere.append(batch)).rejects.toThrow();
    await store.append(batch);
  });
});
