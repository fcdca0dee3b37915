import {
  appendFileSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { CaptureRecord } from '../../../core/capture/capture-record';
import { aRecord, asRead, idAt, NOON } from '../../contracts/capture-sink.contract';
import { capturedRequestsContract } from '../../contracts/captured-requests.contract';
import { captureLog } from './capture-log';
import { captureLogReader } from './capture-log-reader';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'captured-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const emptyFolder = () => {
  rmSync(folder, { recursive: true });
};
const fill = async (records: readonly CaptureRecord[], segmentBytes = 1 << 20): Promise<void> => {
  const onLost = () => undefined;
  const sink = captureLog({ folder, onLost, segmentBytes });
  for (const record of records) {
    await new Promise<void>((settle) => sink.append(record, settle));
  }
  await sink.close();
};
const all = { service: 'wine', from: 0, to: NOON + 1_000 * HOUR, limit: 1_000 };
const idsOf = async (needs: object = {}, filter: object = {}): Promise<string[]> => {
  const requests = captureLogReader({ folder, ...needs });
  const ids: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await requests.find({ ...all, ...filter, cursor });
    ids.push(...page.items.map(({ request_id }) => request_id));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  return ids;
};

describe('reading the capture log in one segment', () => {
  capturedRequestsContract(async (records) => {
    emptyFolder();
    await fill(records);
    return captureLogReader({ folder });
  });
});

describe('reading the capture log in many segments, a little at a time', () => {
  capturedRequestsContract(async (records) => {
    emptyFolder();
    await fill(records, 1_500);
    return captureLogReader({ folder, pageBytes: 1_000, scanBytes: 1 });
  });
});

describe('reading the capture log', () => {
  it('finds every request, newest first, however clock and restarts jumped', async () => {
    const step = fc.record({
      jump: fc.constantFrom(
        0,
        0,
        1,
        7,
        MINUTE,
        6 * MINUTE,
        HOUR,
        30 * HOUR,
        -1,
        -6 * MINUTE,
        -HOUR,
      ),
      late: fc.constantFrom(0, 0, 1, MINUTE, 4 * MINUTE),
      restart: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.nat({ max: 3 }), async (steps, n) => {
        emptyFolder();
        let clock = NOON;
        let records: CaptureRecord[] = [];
        const ids: string[] = [];
        const segmentBytes = [1, 1_000, 3_000, 1 << 20][n];
        for (const { jump, late, restart } of steps) {
          clock += jump;
          ids.push(idAt(clock - late, ids.length));
          records.push(aRecord({ request_id: ids.at(-1) ?? '' }));
          if (!restart) continue;
          await fill(records, segmentBytes);
          records = [];
        }
        await fill(records, segmentBytes);
        const newest = ids.toSorted((a, b) => (a < b ? 1 : -1));
        expect(await idsOf({ scanBytes: 1 }, { limit: 7 })).toEqual(newest);
        const [middle = '', from = 0] = [newest[3], NOON - MINUTE];
        const requests = captureLogReader({ folder });
        if (newest.length > 3) expect(await requests.get('wine', middle)).toBeDefined();
        const inTime = newest.filter(
          (id) => id >= idAt(from).slice(0, 14) && id < idAt(NOON + HOUR),
        );
        expect(await idsOf({}, { from, to: NOON + HOUR })).toEqual(inTime);
      }),
      { numRuns: 60 },
    );
  });

  it('opens only segments that can hold what is asked for', async () => {
    const days = Array.from({ length: 5 }, (_, day) => NOON + 24 * day * HOUR);
    await fill(days.map((ms) => aRecord({ request_id: idAt(ms) })));
    // A folder in a segment's place cannot be read: touching it would fail.
    for (const file of readdirSync(folder).filter((name) => !name.startsWith('20260103'))) {
      rmSync(join(folder, file));
      writeFileSync(join(folder, file), `${'x'.repeat(300_000)}\n`.repeat(3));
    }
    const requests = captureLogReader({ folder, scanBytes: 1 });
    const middle = days[2] ?? 0;
    await expect(requests.get('wine', idAt(middle))).resolves.toBeDefined();
    const page = await requests.find({ ...all, from: middle - HOUR, to: middle + HOUR });
    expect(page).toMatchObject({ items: [{ request_id: idAt(middle) }], next_cursor: null });
  });

  it('ends a page where its work has become enough, and goes on from there', async () => {
    const ids = Array.from({ length: 50 }, (_, n) => idAt(NOON + n, n));
    await fill(
      ids.map((request_id) => aRecord({ request_id })),
      1,
    );
    const requests = captureLogReader({ folder, scanBytes: 3_000 });
    const nothing = await requests.find({ ...all, requester: 'nobody' });
    expect(nothing.items).toEqual([]);
    expect(nothing.next_cursor).not.toBeNull();
    expect(await idsOf({ scanBytes: 3_000 })).toEqual(ids.toReversed());
    expect(await idsOf({ scanBytes: 3_000 }, { requester: 'nobody' })).toEqual([]);
  });

  it('ends a page before it grows too large, but gives one request at least', async () => {
    const big = { json: `{"x":"${'x'.repeat(2_000)}"}` };
    const ids = [0, 1, 2].map((n) => idAt(NOON, n));
    await fill(ids.map((request_id) => aRecord({ request_id, request: big })));
    const requests = captureLogReader({ folder, pageBytes: 10 });
    const page = await requests.find(all);
    expect(page).toMatchObject({ items: [{ request_id: ids[2] }], next_cursor: ids[2] });
    expect(await idsOf({ pageBytes: 10 })).toEqual(ids.toReversed());
  });

  it('gives bodies of megabytes back, and finds what lies around them', async () => {
    const huge = aRecord({
      request_id: idAt(NOON, 1),
      request: { json: `{"x":${JSON.stringify('"}{\\'.repeat(1_000_000))}}` },
      response: { text: 'é\n'.repeat(1_000_000) },
    });
    await fill([aRecord(), huge, aRecord({ request_id: idAt(NOON, 2) })]);
    const found = await captureLogReader({ folder }).get('wine', huge.request_id);
    const { request, response } = asRead(huge);
    expect([found?.request === request, found?.response === response]).toEqual([true, true]);
    expect(await idsOf()).toEqual([idAt(NOON, 2), idAt(NOON, 1), idAt(NOON)]);
  });

  it('ignores an unfinished last line until it is finished', async () => {
    await fill([aRecord(), aRecord({ request_id: idAt(NOON, 1) })]);
    const file = join(folder, readdirSync(folder)[0] ?? '');
    truncateSync(file, 1_000);
    expect(await idsOf()).toEqual([idAt(NOON)]);
    await expect(captureLogReader({ folder }).get('wine', idAt(NOON, 1))).resolves.toBeUndefined();
    appendFileSync(file, `${'x'.repeat(400_000)}`);
    expect(await idsOf()).toEqual([idAt(NOON)]);
  });

  it('passes over lines and files that are none of its own', async () => {
    await fill([aRecord()]);
    const [file = ''] = readdirSync(folder);
    appendFileSync(join(folder, file), `\n\n{}\n\0\0\n{"request_id":"${idAt(NOON, 1)}"}\n`);
    appendFileSync(join(folder, file), `{"request_id":"${idAt(NOON, 2)}","service":"wine",\n`);
    for (const name of ['x.ndjson', `${file}.torn`, '99999999T999999999Z-00000009.ndjson']) {
      writeFileSync(join(folder, name), 'x');
    }
    expect(await idsOf()).toEqual([idAt(NOON)]);
  });

  it('says on the last page that it is the last', async () => {
    await fill([0, 1, 2, 3].map((n) => aRecord({ request_id: idAt(NOON, n) })));
    const requests = captureLogReader({ folder });
    const first = await requests.find({ ...all, limit: 2 });
    expect(first.next_cursor).toBe(idAt(NOON, 2));
    const second = await requests.find({ ...all, limit: 2, cursor: idAt(NOON, 2) });
    expect(second).toMatchObject({ items: [{}, {}], next_cursor: null });
  });

  it('finds nothing where there is no log', async () => {
    const requests = captureLogReader({ folder: join(folder, 'missing') });
    await expect(requests.find(all)).resolves.toEqual({ items: [], next_cursor: null });
    await expect(requests.get('wine', idAt(NOON))).resolves.toBeUndefined();
  });

  it('goes on from any cursor, also one that nobody was given', async () => {
    await fill([aRecord()]);
    const requests = captureLogReader({ folder });
    for (const cursor of ['', '~', '0', "'; DROP", idAt(NOON + 1)]) {
      const { items } = await requests.find({ ...all, cursor });
      expect(items.length).toBeLessThanOrEqual(1);
    }
  });
});
