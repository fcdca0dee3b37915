import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { CaptureRecord } from '../../../core/capture/capture-record';
import type { CaptureSink } from '../../../core/capture/capture-sink';
import { aRecord, captureSinkContract, idAt, NOON } from '../../contracts/capture-sink.contract';
import { captureLog } from './capture-log';
import type { CaptureLoss } from './loss-ledger';
import { readLine } from './read-line';

const folders: string[] = [];
const newFolder = async (): Promise<string> => {
  const parent = await mkdtemp(join(tmpdir(), 'capture-'));
  folders.push(parent);
  return join(parent, 'log');
};
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true });
});

const onLost = ({ reason }: CaptureLoss): void => {
  if (reason !== 'the capture log is closed') throw new Error(`lost: ${reason}`);
};
const segmentsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ndjson'))
    .sort();
const linesIn = (folder: string): string[] =>
  segmentsIn(folder).flatMap((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    expect(text.at(-1)).toBe('\n');
    return text.slice(0, -1).split('\n');
  });
const idsIn = (folder: string): string[] =>
  linesIn(folder).map((line) => JSON.parse(line).request_id);
const appended = (sink: CaptureSink, own: Partial<CaptureRecord> = {}): Promise<void> =>
  new Promise((settle) => sink.append(aRecord(own), settle));

describe.each(['process', 'disk'] as const)('the capture log, durable for the %s', (durability) => {
  captureSinkContract(async () => {
    const folder = await newFolder();
    const stored = async () =>
      linesIn(folder).map((line) => readLine(Buffer.from(line)) ?? Promise.reject(line));
    return {
      sink: captureLog({ folder, onLost, durability }),
      stored: async () => Promise.all(await stored()),
    };
  });
});

describe('the capture log', () => {
  it('writes lines that any reader of JSON lines understands', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost });
    const json = '{"dataframe_split": {"columns":["pH"],"data":[[3.510]]}}';
    await appended(sink, { request: { json: Buffer.from(json) }, response: { text: 'né\n' } });
    await sink.close();
    const [line = ''] = linesIn(folder);
    expect(JSON.parse(line)).toEqual({
      ...aRecord(),
      request_time: '2026-01-01T12:00:00.000Z',
      request_date: '2026-01-01',
      spill_uri: null,
      request: { dataframe_split: { columns: ['pH'], data: [[3.51]] } },
      response: 'né\n',
    });
    expect(line).toContain(json);
  });

  it('stores bytes that are no UTF-8 as text, so that the line stays JSON', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost });
    const json = Buffer.concat([Buffer.from('{"a":"'), Buffer.of(0xc3), Buffer.from('"}')]);
    await appended(sink, { request: { json } });
    await sink.close();
    expect(JSON.parse(linesIn(folder)[0] ?? '')).toMatchObject({ request: '{"a":"\ufffd"}' });
  });

  it('says null where a number is none', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost });
    await appended(sink, { execution_duration_ms: Number.NaN });
    await sink.close();
    expect(JSON.parse(linesIn(folder)[0] ?? '')).toMatchObject({ execution_duration_ms: null });
  });

  it('keeps its folder and files to itself', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost });
    await appended(sink);
    await sink.close();
    const [file = ''] = segmentsIn(folder);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600);
  });

  it('leaves no file behind when nothing was captured', async () => {
    const folder = await newFolder();
    await captureLog({ folder, onLost }).close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('begins the next segment when one has grown, with nothing twice or missing', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost, segmentBytes: 10_000 });
    const ids = Array.from({ length: 200 }, (_, n) => idAt(NOON, n));
    await Promise.all(ids.map((request_id) => appended(sink, { request_id })));
    await sink.close();
    expect(idsIn(folder)).toEqual(ids);
    expect(segmentsIn(folder).length).toBeGreaterThan(10);
    for (const file of segmentsIn(folder)) {
      expect((await stat(join(folder, file))).size).toBeLessThan(11_000);
    }
  });

  it('gives segments of one millisecond names that sort in order', async () => {
    const folder = await newFolder();
    for (const n of [0, 1, 2]) {
      const sink = captureLog({ folder, onLost, segmentBytes: 1 });
      await appended(sink, { request_id: idAt(NOON, 2 * n) });
      await appended(sink, { request_id: idAt(NOON, 2 * n + 1) });
      await sink.close();
    }
    expect(idsIn(folder)).toEqual([0, 1, 2, 3, 4, 5].map((n) => idAt(NOON, n)));
  });

  it('begins the next segment with the next day and the next hour', async () => {
    const folder = await newFolder();
    const midnight = NOON + 12 * 3_600_000;
    const sink = captureLog({ folder, onLost });
    const times = [midnight - 1, midnight, midnight - 2, midnight + 3_600_000];
    for (const [n, ms] of times.entries()) await appended(sink, { request_id: idAt(ms, n) });
    await sink.close();
    expect(segmentsIn(folder).map((file) => file.slice(0, 19))).toEqual([
      '20260101T235959999Z',
      '20260102T000000000Z',
      '20260102T010000000Z',
    ]);
  });

  it('goes on after its own end in a new segment', async () => {
    const folder = await newFolder();
    for (const n of [0, 1]) {
      const sink = captureLog({ folder, onLost });
      await appended(sink, { request_id: idAt(NOON + n) });
      await sink.close();
    }
    expect(segmentsIn(folder)).toHaveLength(2);
  });

  it('lets one caller fail without keeping the others waiting', async () => {
    const folder = await newFolder();
    const sink = captureLog({ folder, onLost });
    const thrown = jest.spyOn(global, 'queueMicrotask').mockImplementation(() => undefined);
    sink.append(aRecord(), () => {
      throw new Error('a bug');
    });
    await appended(sink, { request_id: idAt(NOON, 1) });
    expect(thrown).toHaveBeenCalledTimes(1);
    thrown.mockRestore();
    await sink.close();
  });

  it('loses a record without a time, counts it, and says so', async () => {
    const folder = await newFolder();
    const losses: CaptureLoss[] = [];
    const sink = captureLog({ folder, onLost: (loss) => losses.push(loss) });
    for (const request_id of ['', 'x', '"', idAt(8.64e15)]) await appended(sink, { request_id });
    await appended(sink);
    await sink.close();
    const reason = 'the request id is no UUIDv7';
    expect(losses).toEqual([{ service: 'wine', count: 4, reason }]);
    expect(sink.counts()).toEqual({ appended: 1, lost: 4 });
    expect(idsIn(folder)).toEqual([idAt(NOON)]);
  });

  it('makes its folder again when it was deleted, and counts what was lost with it', async () => {
    const folder = await newFolder();
    const losses: CaptureLoss[] = [];
    const sink = captureLog({ folder, onLost: (loss) => losses.push(loss) });
    await appended(sink);
    await rm(folder, { recursive: true });
    let appends = 1;
    const deadline = Date.now() + 10_000;
    while (losses.length === 0 && Date.now() < deadline) {
      await appended(sink, { request_id: idAt(NOON, appends) });
      appends += 1;
    }
    await appended(sink, { request_id: idAt(NOON, appends) });
    await sink.close();
    const { appended: kept, lost } = sink.counts();
    expect(kept + lost).toBe(appends + 1);
    expect(losses.reduce((sum, { count }) => sum + count, 0)).toBe(lost);
    expect(losses[0]).toMatchObject({ service: 'wine', reason: 'the capture folder was deleted' });
    expect(idsIn(folder)).toContain(idAt(NOON, appends));
  });

  it('counts what it cannot write, and goes on by itself once it can', async () => {
    const folder = await newFolder();
    const losses: CaptureLoss[] = [];
    const sink = captureLog({ folder, onLost: (loss) => losses.push(loss) });
    await rm(folder, { recursive: true });
    await writeFile(folder, 'in the way');
    for (const n of [0, 1, 2]) await appended(sink, { request_id: idAt(NOON, n) });
    await rm(folder);
    await appended(sink, { request_id: idAt(NOON, 3) });
    await sink.close();
    expect(sink.counts()).toEqual({ appended: 1, lost: 3 });
    expect(losses).toMatchObject([{ service: 'wine', count: 3 }]);
    expect(idsIn(folder)).toEqual([idAt(NOON, 3)]);
  });
});
