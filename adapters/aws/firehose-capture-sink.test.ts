import { randomUUID } from 'node:crypto';
import {
  CreateDeliveryStreamCommand,
  FirehoseClient,
  PutRecordBatchCommand,
} from '@aws-sdk/client-firehose';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  S3Client,
} from '@aws-sdk/client-s3';
import type { CapturedRequest } from '../../core/capture/captured-requests';
import { describePython } from '../../infra-tests/support/python';
import { aRecord, captureSinkContract, idAt, NOON } from '../contracts/capture-sink.contract';
import { firehoseCaptureSink } from './firehose-capture-sink';
import { clientOf, type MiniStack, startMiniStack } from './testing/ministack';

describePython('capture through Firehose', (python) => {
  let emulator: MiniStack;
  let firehose: FirehoseClient;
  let s3: S3Client;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    firehose = new FirehoseClient(clientOf(emulator.endpoint));
    s3 = new S3Client(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    firehose.destroy();
    s3.destroy();
    await emulator.stop();
  });

  const home = async () => {
    const bucket = randomUUID();
    const stream = `tidegate-${bucket}`;
    await s3.send(new CreateBucketCommand({ Bucket: bucket }));
    await firehose.send(
      new CreateDeliveryStreamCommand({
        DeliveryStreamName: stream,
        ExtendedS3DestinationConfiguration: {
          RoleARN: 'arn:aws:iam::000000000000:role/firehose',
          BucketARN: `arn:aws:s3:::${bucket}`,
          Prefix: 'requests/service=wine/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/',
        },
      }),
    );
    return { bucket, stream };
  };

  const textAt = async (bucket: string, key: string): Promise<string> => {
    const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
    return (await Body?.transformToString()) ?? '';
  };

  const keysIn = async (bucket: string): Promise<readonly string[]> => {
    const keys: string[] = [];
    let from: string | undefined;
    do {
      const page = await s3.send(
        new ListObjectsV2Command({ Bucket: bucket, ContinuationToken: from }),
      );
      keys.push(...(page.Contents ?? []).map(({ Key = '' }) => Key));
      from = page.NextContinuationToken;
    } while (from);
    return keys;
  };

  /** What lies in the bucket, spilled bodies joined back. */
  const storedIn = async (bucket: string): Promise<readonly CapturedRequest[]> => {
    const keys = (await keysIn(bucket)).filter((key) => key.startsWith('requests/'));
    const texts = await Promise.all(keys.map((key) => textAt(bucket, key)));
    const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
    return Promise.all(
      lines.map(async (line) => {
        const { request_date: _, spill_uri, ...record } = JSON.parse(line);
        if (spill_uri === null) return record;
        const key = String(spill_uri).slice(`s3://${bucket}/`.length);
        return { ...record, ...JSON.parse(await textAt(bucket, key)) };
      }),
    );
  };

  const lost: unknown[] = [];
  const refused: unknown[] = [];
  const openIn = ({ bucket, stream }: { bucket: string; stream: string }, faults = {}) =>
    firehoseCaptureSink({
      ...{ firehose, s3, bucket, prefix: '', streamOf: () => stream },
      now: () => new Date(NOON),
      onRefused: (refusal) => refused.push(refusal),
      onLost: (loss) => lost.push(loss),
      ...faults,
    });
  beforeEach(() => {
    lost.length = 0;
    refused.length = 0;
  });

  captureSinkContract(async () => {
    const place = await home();
    return { sink: openIn(place), stored: () => storedIn(place.bucket) };
  });

  const appended = async (sink: ReturnType<typeof openIn>, count: number): Promise<void> => {
    const settled = Array.from(
      { length: count },
      (_, n) =>
        new Promise<void>((done) => sink.append(aRecord({ request_id: idAt(NOON, n) }), done)),
    );
    await Promise.all(settled);
    await sink.close();
  };

  it('tries what Firehose refuses of a batch again, each record once', async () => {
    const place = await home();
    let calls = 0;
    const refusing = {
      send: async (command: PutRecordBatchCommand) => {
        calls += 1;
        const { Records = [], DeliveryStreamName } = command.input;
        const odd = Records.filter((_, i) => i % 2 === 1);
        const even = Records.filter((_, i) => i % 2 === 0);
        await firehose.send(new PutRecordBatchCommand({ DeliveryStreamName, Records: even }));
        return {
          FailedPutCount: odd.length,
          RequestResponses: Records.map((__, i) =>
            i % 2 === 1 ? { ErrorCode: 'ServiceUnavailableException' } : { RecordId: 'x' },
          ),
        };
      },
    };
    await appended(openIn(place, { firehose: refusing }), 9);
    const ids = (await storedIn(place.bucket)).map(({ request_id }) => request_id);
    expect(ids.toSorted()).toEqual(Array.from({ length: 9 }, (_, n) => idAt(NOON, n)));
    expect(calls).toBe(3);
    // What it refused to the end lies there, too.
    expect(await keysIn(place.bucket)).toContainEqual(
      expect.stringMatching(/^requests\/service=wine\/dt=2026-01-01\/hour=12\/direct-/),
    );
  });

  it('puts into S3 what Firehose does not take at all, and tells why', async () => {
    const place = await home();
    const sink = openIn({ ...place, stream: 'no-such-stream' });
    await appended(sink, 3);
    expect(await storedIn(place.bucket)).toHaveLength(3);
    expect(sink.counts()).toEqual({ appended: 3, lost: 0 });
    const error = expect.objectContaining({ name: 'ResourceNotFoundException' });
    expect(refused).toEqual([{ service: 'wine', error }]);
  });

  it('puts all that it puts into S3 itself under the prefix of the stage', async () => {
    const place = await home();
    const sink = openIn({ ...place, stream: 'no-such-stream' }, { prefix: 'ml/live/' });
    const request = { text: 'x'.repeat(1_100_000) };
    await new Promise<void>((done) => sink.append(aRecord({ request }), done));
    await sink.close();
    const [line = '', spilled = '', ...others] = (await keysIn(place.bucket)).toSorted();
    expect(others).toEqual([]);
    expect(line).toMatch(/^ml\/live\/requests\/service=wine\/dt=2026-01-01\/hour=12\/direct-/);
    expect(spilled).toMatch(/^ml\/live\/spill\/service=wine\/dt=2026-01-01\/hour=12\/[^/]+\.json$/);
    // Whoever reads the line finds the bodies.
    const { spill_uri } = JSON.parse(await textAt(place.bucket, line));
    expect(spill_uri).toBe(`s3://${place.bucket}/${spilled}`);
    expect(JSON.parse(await textAt(place.bucket, spilled))).toMatchObject({
      request: request.text,
    });
  });

  it('leaves Firehose alone for 10 seconds when it takes nothing, and offers again after that', async () => {
    const place = await home();
    let [clock, offers] = [NOON, 0];
    const down = (): Promise<unknown> => Promise.reject(new Error('down'));
    let take: (command: PutRecordBatchCommand) => Promise<unknown> = down;
    const failing = {
      send: (command: PutRecordBatchCommand) => {
        offers += 1;
        return take(command);
      },
    };
    const sink = openIn(place, { firehose: failing, now: () => new Date(clock) });
    const one = (n: number) =>
      new Promise<void>((done) => sink.append(aRecord({ request_id: idAt(NOON, n) }), done));
    for (let n = 0; n < 5; n += 1) await one(n);
    expect([offers, refused.length]).toEqual([1, 1]);
    take = (command) => firehose.send(command);
    clock += 10_000;
    for (let n = 5; n < 8; n += 1) await one(n);
    expect(offers).toBe(4);
    expect(await storedIn(place.bucket)).toHaveLength(8);
    expect(sink.counts()).toEqual({ appended: 8, lost: 0 });
  });

  it('counts as lost, by service, what neither takes, and settles it', async () => {
    const sink = openIn({ bucket: 'no-such-bucket', stream: 'no-such-stream' });
    await appended(sink, 3);
    expect(sink.counts()).toEqual({ appended: 0, lost: 3 });
    expect(lost).toEqual([{ service: 'wine', count: 3, reason: 'NoSuchBucket' }]);
  });
});
