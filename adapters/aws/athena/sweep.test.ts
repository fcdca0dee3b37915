import { randomUUID } from 'node:crypto';
import { gunzipSync, gzipSync } from 'node:zlib';
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3';
import { hourOfKey } from '../../../core/tables/arrival-key';
import { describePython } from '../../../infra-tests/support/python';
import { clientOf, type MiniStack, startMiniStack } from '../testing/ministack';
import { sweep } from './sweep';

const HOUR = 'service=wine/dt=2026-11-20/hour=10';
/** A text that other readers of lines would break, and one beyond ASCII. */
const ODD = 'a\u2028b\rcü';

describePython('sweeping objects in S3', (python) => {
  let emulator: MiniStack;
  let s3: S3Client;
  beforeAll(async () => {
    emulator = await startMiniStack(python);
    s3 = new S3Client(clientOf(emulator.endpoint));
  }, 60_000);
  afterAll(async () => {
    s3.destroy();
    await emulator.stop();
  });

  const open = async (capturedPrefix = '') => {
    const [capturedBucket, resultsBucket] = [randomUUID(), randomUUID()];
    for (const Bucket of [capturedBucket, resultsBucket]) {
      await s3.send(new CreateBucketCommand({ Bucket }));
    }
    const put = (Key: string, Body: string | Buffer, Bucket = capturedBucket) =>
      s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    const bytes = async (Key: string): Promise<Buffer> => {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: capturedBucket, Key }));
      return Buffer.from((await Body?.transformToByteArray()) ?? []);
    };
    const keys = async (Bucket = capturedBucket) => {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket }));
      return Contents.map(({ Key }) => Key);
    };
    /** What a query has found, as Athena writes it. */
    const found = (rows: readonly (readonly [string, string | null])[]) =>
      put(
        'builds/found.csv',
        [
          ['path', 'request_id'] as const,
          ...rows.map(([key, line]) => [`s3://${capturedBucket}/${key}`, line] as const),
        ]
          .map(([path, line]) => `"${path}",${line === null ? '' : `"${line}"`}\n`)
          .join(''),
        resultsBucket,
      );
    const places = { capturedBucket, capturedPrefix, resultsBucket };
    const work = sweep({ s3, ...places });
    const rewriteWith = (client: S3Client) =>
      sweep({ s3: client, ...places })({
        ...{ kind: 'rewrite', query: 'found', after: 0 },
      });
    const rewrite = (after = 0) => work({ kind: 'rewrite', query: 'found', after });
    return { put, bytes, keys, found, work, rewrite, rewriteWith, resultsBucket };
  };
  const line = (request_id: string) => `${JSON.stringify({ request_id, request: ODD })}\n`;

  it('takes lines out of objects, packed and plain, and every other byte stays', async () => {
    const { put, bytes, found, rewrite, keys } = await open();
    const [packed, plain] = [`requests/${HOUR}/a.gz`, `requests/${HOUR}/b`];
    const rest = `${line('1')}no record\n\n${line('3')}`;
    // Firehose may put one packed part behind another.
    await put(
      packed,
      Buffer.concat([gzipSync(line('1')), gzipSync(`no record\n\n${line('2')}${line('3')}`)]),
    );
    await put(plain, `${line('2')}${line('4').trimEnd()}`);
    await put(`requests/${HOUR}/c.gz`, gzipSync(line('5')));
    await found([
      [packed, '2'],
      [packed, '9'],
      [plain, '2'],
      [plain, '4'],
    ]);
    expect(await rewrite()).toEqual({ rows: [[null]], written: 2 });
    const anew = [`requests/${HOUR}/a.rewritten.gz`, `requests/${HOUR}/b.rewritten`] as const;
    expect(await keys()).toEqual([...anew, `requests/${HOUR}/c.gz`]);
    expect(gunzipSync(await bytes(anew[0])).toString()).toBe(rest);
    expect((await bytes(anew[1])).length).toBe(0);
    // Asked again it finds nothing to change.
    expect(await rewrite()).toEqual({ rows: [[null]], written: 0 });
    // What another erasure finds where it lay before, or where it lies, goes out of it, too.
    await found([[packed, '1']]);
    expect(await rewrite()).toEqual({ rows: [[null]], written: 1 });
    await found([[anew[0], '3']]);
    expect(await rewrite()).toEqual({ rows: [[null]], written: 1 });
    expect(gunzipSync(await bytes(anew[0])).toString()).toBe('no record\n\n');
    expect(await keys()).toHaveLength(3);
  });

  it('tells no build that requests have arrived which it has written anew', async () => {
    const { put, found, rewrite, keys } = await open();
    const arrived = `requests/${HOUR}/a.gz`;
    await put(arrived, gzipSync(line('1') + line('2')));
    expect(hourOfKey(arrived, '')).toMatchObject({ kind: 'requests', hour: '10' });
    await found([[arrived, '2']]);
    await rewrite();
    expect((await keys()).map((key = '') => hourOfKey(key, ''))).toEqual([null]);
  });

  it('knows labels by their position, whatever request they name', async () => {
    const { put, bytes, found, rewrite } = await open();
    const key = `labels/${HOUR}/b1.ndjson`;
    const label = (position: number) =>
      `${JSON.stringify({ request_id: '1', batch_id: 'b1', position })}\n`;
    await put(key, label(0) + label(1) + label(11));
    await found([[key, '1']]);
    await rewrite();
    expect((await bytes(key)).toString()).toBe(label(0) + label(11));
  });

  it('takes objects whole that are named without a line, and minds none that is not there', async () => {
    const { put, keys, found, rewrite } = await open();
    await put('spill/service=wine/dt=2026-11-20/1.json', '{}');
    await put('spill/service=wine/dt=2026-11-20/2.json', '{}');
    await found([
      [`requests/${HOUR}/gone.gz`, '1'],
      ['spill/service=wine/dt=2026-11-20/1.json', null],
      ['spill/service=wine/dt=2026-11-21/1.json', null],
    ]);
    expect(await rewrite()).toEqual({ rows: [[null]], written: 0 });
    expect(await keys()).toEqual(['spill/service=wine/dt=2026-11-20/2.json']);
  });

  /** A client before whose puts, or after whose first read of an object, something happens. */
  const afterReading = (key: string, happens: () => Promise<unknown>): S3Client => {
    const slow = new S3Client(clientOf(emulator.endpoint));
    let isRead = false;
    slow.middlewareStack.add(
      (next) => async (args) => {
        const result = await next(args);
        if (isRead || !('Key' in args.input) || args.input.Key !== key) return result;
        isRead = true;
        await happens();
        return result;
      },
      { step: 'initialize' },
    );
    return slow;
  };

  it('loses no line of an object that is put again while it is rewritten', async () => {
    const { put, bytes, found, rewriteWith } = await open();
    const key = `labels/${HOUR}/b1.ndjson`;
    const label = (position: number) => `${JSON.stringify({ batch_id: 'b1', position })}\n`;
    await put(key, label(1) + label(2));
    await found([[key, '2']]);
    const slow = afterReading(key, () => put(key, label(1) + label(2) + label(3)));
    expect(await rewriteWith(slow)).toEqual({ rows: [[null]], written: 1 });
    slow.destroy();
    expect((await bytes(key)).toString()).toBe(label(1) + label(3));
  });

  it.each(['ends', 'dies before it takes the former away'])(
    'brings back no line that another erasure takes out meanwhile, which %s',
    async (how) => {
      const { put, bytes, found, keys, rewrite, rewriteWith } = await open();
      const [key, anew] = [`requests/${HOUR}/a.gz`, `requests/${HOUR}/a.rewritten.gz`];
      await put(key, gzipSync(line('1') + line('2') + line('3')));
      const another = async (): Promise<void> => {
        await found([[key, '3']]);
        await rewrite();
        if (how !== 'ends') await put(key, gzipSync(line('1') + line('2') + line('3')));
      };
      await found([[key, '2']]);
      const slow = afterReading(key, another);
      expect(await rewriteWith(slow)).toEqual({ rows: [[null]], written: 1 });
      slow.destroy();
      expect(await keys()).toEqual([anew]);
      expect(gunzipSync(await bytes(anew)).toString()).toBe(line('1'));
    },
  );

  it('changes no object that it cannot unpack', async () => {
    const { put, bytes, found, rewrite } = await open();
    const key = `requests/${HOUR}/a.gz`;
    const half = gzipSync(line('1') + line('2')).subarray(0, 40);
    await put(key, half);
    await found([[key, '2']]);
    await expect(rewrite()).rejects.toThrow('unexpected end of file');
    expect(await bytes(key)).toEqual(half);
  });

  it('goes on where its part has ended', async () => {
    const { put, bytes, found, rewrite } = await open();
    const keyOf = (n: number) => `requests/${HOUR}/${String(n).padStart(3, '0')}`;
    const objects = Array.from({ length: 201 }, (_, n) => keyOf(n));
    await Promise.all(objects.map((key) => put(key, line('1'))));
    await found(objects.map((key) => [key, '1']));
    const first = await rewrite();
    expect(first).toEqual({ rows: [['201']], written: 200 });
    expect(await rewrite(Number(first.rows[0]?.[0]))).toEqual({ rows: [[null]], written: 1 });
    expect((await bytes(`${keyOf(200)}.rewritten`)).length).toBe(0);
  }, 60_000);

  it('empties what has arrived for a service, and for no other', async () => {
    const { put, keys, work } = await open();
    for (const folder of ['requests', 'labels', 'spill', 'requests-errors']) {
      await put(`${folder}/service=wine/dt=2026-11-20/a`, 'x');
      await put(`${folder}/service=wine-2/dt=2026-11-20/a`, 'x');
    }
    const chore = { kind: 'empty', service: 'wine' } as const;
    expect(await work(chore)).toEqual({ rows: [[null]], written: 4 });
    expect((await keys()).every((key) => key?.includes('wine-2'))).toBe(true);
    expect(await work(chore)).toEqual({ rows: [[null]], written: 0 });
  });

  it('leaves what lies beside the prefix of the stage as it is', async () => {
    const { put, bytes, keys, found, work, rewrite } = await open('ml/live/');
    const spilled = 'spill/service=wine/dt=2026-11-20/1.json';
    const names = [`requests/${HOUR}/a`, spilled, 'requests-errors/service=wine/x'];
    for (const name of names) {
      for (const prefix of ['', 'ml/live/', 'ml/live-2/']) await put(`${prefix}${name}`, line('1'));
    }
    await found(
      ['', 'ml/live/', 'ml/live-2/'].flatMap((prefix) => [
        [`${prefix}${names[0]}`, '1'] as const,
        [`${prefix}${spilled}`, null] as const,
      ]),
    );
    expect(await rewrite()).toEqual({ rows: [[null]], written: 1 });
    expect((await bytes(`ml/live/${names[0]}.rewritten`)).length).toBe(0);
    for (const prefix of ['', 'ml/live-2/']) {
      expect((await bytes(`${prefix}${names[0]}`)).toString()).toBe(line('1'));
    }
    await work({ kind: 'empty', service: 'wine' });
    expect((await keys()).toSorted()).toEqual(
      ['', 'ml/live-2/'].flatMap((prefix) => names.map((name) => `${prefix}${name}`)).toSorted(),
    );
  });

  it('forgets all results of callers, and of builds those from before', async () => {
    const { put, keys, work, resultsBucket } = await open();
    for (const key of ['queries/a.csv', 'builds/b.csv', 'other'])
      await put(key, 'x', resultsBucket);
    await work({ kind: 'forget-results', before: '2020-01-01' });
    expect(await keys(resultsBucket)).toEqual(['builds/b.csv', 'other']);
    await work({ kind: 'forget-results', before: '2100-01-01' });
    expect(await keys(resultsBucket)).toEqual(['other']);
  });
});
