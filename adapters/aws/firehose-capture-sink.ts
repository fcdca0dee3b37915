import { setTimeout as sleep } from 'node:timers/promises';
import { type FirehoseClient, PutRecordBatchCommand } from '@aws-sdk/client-firehose';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { CaptureRecord } from '../../core/capture/capture-record';
import type { CaptureSink } from '../../core/capture/capture-sink';
import { bodiesOf, lineOf, MOST_BYTES } from './captured-line';

interface Needs {
  readonly firehose: FirehoseClient;
  readonly s3: S3Client;
  /** Where captured requests lie. */
  readonly bucket: string;
  /** What stands before their keys; empty, or it ends in a slash. */
  readonly prefix: string;
  /** A service's delivery stream. */
  readonly streamOf: (service: string) => string;
  readonly now: () => Date;
  /** Told why Firehose takes nothing of a service, whose records then go to S3 directly. */
  readonly onRefused: (refusal: { service: string; error: unknown }) => void;
  /** Told of records that neither Firehose nor S3 took. */
  readonly onLost: (loss: { service: string; count: number; reason: string }) => void;
}

interface Pending {
  readonly record: CaptureRecord;
  readonly line: Buffer;
  readonly settled: () => void;
}

/** Firehose's limits for a batch, with room. */
const BATCH_RECORDS = 500;
const BATCH_BYTES = 4_000_000;
/** More than this waits nowhere: what comes is lost, and counted. */
const WAITING_BYTES = 64 << 20;
const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 50;
/** A stream that takes nothing at all is not offered anything for so long: the records go to S3. */
const REST_MS = 10_000;

/**
 * Captured requests on their way to S3: one delivery stream per service, in batches; bodies too large
 * for it go to S3 at once, and so does what Firehose refuses. A record that both refuse is lost and counted.
 */
export const firehoseCaptureSink = (needs: Needs): CaptureSink => {
  const { firehose, s3, bucket, prefix, streamOf, now, onRefused, onLost } = needs;
  const counts = { appended: 0, lost: 0 };
  const underWay = new Set<Promise<void>>();
  const restsUntil = new Map<string, number>();
  let waiting: { readonly record: CaptureRecord; readonly settled: () => void }[] = [];
  let waitingBytes = 0;
  let turn: NodeJS.Immediate | undefined;
  let closed = false;

  const putObject = (Key: string, Body: Buffer | string) =>
    s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body }));

  /** Where something lies that arrives now; requests, where a delivery stream puts them. */
  const placeOf = (folder: 'requests' | 'spill', service: string): string => {
    const time = now().toISOString();
    return `${prefix}${folder}/service=${service}/dt=${time.slice(0, 10)}/hour=${time.slice(11, 13)}/`;
  };

  const lose = (records: readonly Pick<Pending, 'record' | 'settled'>[], error: unknown): void => {
    counts.lost += records.length;
    const reason = error instanceof Error ? error.name : String(error);
    for (const [service, lost] of Map.groupBy(records, ({ record }) => record.service)) {
      onLost({ service, count: lost.length, reason });
    }
    settle(records);
  };

  const keep = (records: readonly Pending[]): void => {
    counts.appended += records.length;
    settle(records);
  };

  const settle = (records: readonly Pick<Pending, 'settled'>[]): void => {
    for (const { settled } of records) settled();
  };

  /** The line that goes into the stream, its bodies put elsewhere when they are too large. */
  const prepare = async (one: (typeof waiting)[number]): Promise<Pending | null> => {
    const { request_id, service } = one.record;
    try {
      const line = lineOf(one.record, null);
      if (line.length <= MOST_BYTES) return { ...one, line };
      const key = `${placeOf('spill', service)}${request_id}.json`;
      await putObject(key, JSON.stringify(bodiesOf(one.record)));
      return { ...one, line: lineOf(one.record, `s3://${bucket}/${key}`) };
    } catch (error) {
      lose([one], error);
      return null;
    }
  };

  /** Those of a batch that Firehose did not take. */
  const offer = async (service: string, batch: readonly Pending[]): Promise<readonly Pending[]> => {
    const put = new PutRecordBatchCommand({
      DeliveryStreamName: streamOf(service),
      Records: batch.map(({ line }) => ({ Data: line })),
    });
    const { FailedPutCount, RequestResponses = [] } = await firehose.send(put);
    if (!FailedPutCount) return [];
    return batch.filter((_, i) => RequestResponses[i]?.ErrorCode !== undefined);
  };

  const isResting = (service: string): boolean => {
    const left = (restsUntil.get(service) ?? 0) - now().getTime();
    // A clock that was set back must not make it rest for long.
    return left > 0 && left <= REST_MS;
  };

  const deliver = async (service: string, batch: readonly Pending[]): Promise<void> => {
    let left = batch;
    for (
      let attempt = isResting(service) ? ATTEMPTS : 0;
      attempt < ATTEMPTS && left.length > 0;
      attempt += 1
    ) {
      if (attempt > 0) await sleep(FIRST_PAUSE_MS * 2 ** attempt * Math.random());
      const tried = left;
      // The SDK has tried a call that fails as a whole several times by itself.
      const refused = await offer(service, tried).catch((error: unknown) => {
        restsUntil.set(service, now().getTime() + REST_MS);
        onRefused({ service, error });
        return null;
      });
      if (refused === null) break;
      left = refused;
      keep(tried.filter((one) => !refused.includes(one)));
    }
    if (left.length === 0) return;
    try {
      const [first] = left;
      const key = `${placeOf('requests', service)}direct-${first?.record.request_id}.ndjson`;
      await putObject(key, Buffer.concat(left.map(({ line }) => line)));
      keep(left);
    } catch (error) {
      lose(left, error);
    }
  };

  const flush = async (): Promise<void> => {
    turn = undefined;
    const records = waiting;
    waiting = [];
    const lines = (await Promise.all(records.map(prepare))).filter((one) => one !== null);
    const byService = Map.groupBy(lines, ({ record }) => record.service);
    const sent = [...byService].flatMap(([service, some]) =>
      batchesOf(some).map((batch) => deliver(service, batch)),
    );
    await Promise.all(sent);
    for (const { record } of records) waitingBytes -= sizeOf(record);
  };

  const start = (): void => {
    const work = flush().finally(() => underWay.delete(work));
    underWay.add(work);
  };

  return {
    append(record, settled) {
      const bytes = sizeOf(record);
      if (closed || waitingBytes + bytes > WAITING_BYTES) {
        lose([{ record, settled }], closed ? 'closed' : 'too much waits');
        return;
      }
      waitingBytes += bytes;
      waiting.push({ record, settled });
      turn ??= setImmediate(start);
    },

    counts: () => ({ ...counts }),

    async close() {
      closed = true;
      clearImmediate(turn);
      if (waiting.length > 0) start();
      while (underWay.size > 0) await Promise.all(underWay);
    },
  };
};

const sizeOf = ({ request_bytes, response_bytes }: CaptureRecord): number =>
  request_bytes + response_bytes + 1_000;

const batchesOf = (records: readonly Pending[]): readonly (readonly Pending[])[] => {
  const batches: Pending[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const one of records) {
    const last = batches.at(-1);
    if (!last || last.length === BATCH_RECORDS || bytes + one.line.length > BATCH_BYTES) {
      batches.push([one]);
      bytes = one.line.length;
    } else {
      last.push(one);
      bytes += one.line.length;
    }
  }
  return batches;
};
