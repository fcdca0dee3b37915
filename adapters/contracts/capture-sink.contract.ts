import fc from 'fast-check';
import type { CaptureRecord } from '../../core/capture/capture-record';
import type { CaptureSink } from '../../core/capture/capture-sink';
import type { CapturedRequest } from '../../core/capture/captured-requests';
import { firstIdOf } from '../../core/capture/request-time';

type Open = () => Promise<{
  readonly sink: CaptureSink;
  /** Everything that is stored, in any order, read back after `close`. */
  readonly stored: () => Promise<readonly CapturedRequest[]>;
}>;

/** 2026-01-01T12:00:00.000Z */
export const NOON = 1_767_268_800_000;

/** The `n`th request id of a millisecond. */
export const idAt = (ms: number, n = 0): string =>
  `${firstIdOf(ms).slice(0, 14)}7000-8000-${n.toString(16).padStart(12, '0')}`;

export const aRecord = (own: Partial<CaptureRecord> = {}): CaptureRecord => ({
  request_id: idAt(NOON),
  client_request_id: null,
  service: 'wine',
  service_version: 'v1',
  model_name: 'wine-red',
  model_version: 3,
  requester: 'key-1',
  client_ip: null,
  role: 'primary',
  primary_request_id: null,
  split_key_hash: null,
  status_code: 200,
  error_type: null,
  execution_duration_ms: 1.25,
  model_duration_ms: 0.5,
  sampling_fraction: 1,
  request_format: 'dataframe_split',
  row_count: 1,
  request: { json: '{"dataframe_split":{"columns":["pH"],"data":[[3.51]]}}' },
  response: { json: '{"predictions":[5.1]}' },
  request_bytes: 54,
  response_bytes: 21,
  ...own,
});

const textOf = (body: CaptureRecord['request']): string | null => {
  if (body === null) return null;
  if ('text' in body) return body.text;
  return typeof body.json === 'string' ? body.json : new TextDecoder().decode(body.json);
};

/** A record as it is read back. */
export const asRead = (record: CaptureRecord, ms = NOON): CapturedRequest => ({
  ...record,
  request_time: new Date(ms).toISOString(),
  request: textOf(record.request),
  response: textOf(record.response),
});

const settledOf = (sink: CaptureSink, records: readonly CaptureRecord[]): Promise<unknown> =>
  Promise.all(records.map((record) => new Promise<void>((settle) => sink.append(record, settle))));

/** What every CaptureSink promises. `open` gives an empty one. */
export const captureSinkContract = (open: Open): void => {
  const byText = (a: string, b: string): number => (a < b ? -1 : 1);
  const read = (requests: readonly CapturedRequest[]) =>
    requests.toSorted((a, b) => byText(a.request_id, b.request_id));

  it('stores each record as it was given', async () => {
    const { sink, stored } = await open();
    const refused = aRecord({
      request_id: idAt(NOON, 1),
      client_request_id: '"quoted" \\ {},:',
      service_version: null,
      model_name: null,
      model_version: null,
      client_ip: '::1',
      role: 'compare',
      primary_request_id: idAt(NOON),
      split_key_hash: 'ab12',
      status_code: 400,
      error_type: 'malformed-body',
      model_duration_ms: null,
      request_format: null,
      row_count: null,
      request: { text: '{"dataframe_split": oops' },
    });
    await settledOf(sink, [aRecord(), refused]);
    await sink.close();
    expect(read(await stored())).toEqual([asRead(aRecord()), asRead(refused)]);
    expect(sink.counts()).toEqual({ appended: 2, lost: 0 });
  });

  it('settles each of many records once and stores each once', async () => {
    const { sink, stored } = await open();
    const settled: string[] = [];
    const records = Array.from({ length: 3_000 }, (_, n) =>
      aRecord({ request_id: idAt(NOON + (n % 50), n) }),
    );
    await Promise.all(
      records.map(
        (record) =>
          new Promise<void>((done) =>
            sink.append(record, () => {
              settled.push(record.request_id);
              done();
            }),
          ),
      ),
    );
    await sink.close();
    const ids = records.map(({ request_id }) => request_id);
    expect(settled.toSorted(byText)).toEqual(ids.toSorted(byText));
    const back = read(await stored());
    expect(back.map(({ request_id }) => request_id)).toEqual(ids.toSorted(byText));
    expect(sink.counts()).toEqual({ appended: 3_000, lost: 0 });
  });

  it('gives every body back exactly', async () => {
    const text = fc.string({ unit: 'binary', maxLength: 60 });
    const value = fc.object({ key: text, values: [text, fc.double(), fc.constant(null)] });
    const json = fc
      .tuple(value, fc.constantFrom(undefined, 2, '\r\n\t'))
      .map(([object, space]) => JSON.stringify(object, null, space));
    const body = fc.oneof(
      fc.constant(null),
      fc.record({ text }),
      fc.record({ json }),
      json.map((body) => ({ json: new TextEncoder().encode(body) })),
    );
    const bodies = fc.array(fc.tuple(body, body, text), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(bodies, async (all) => {
        const { sink, stored } = await open();
        const records = all.map(([request, response, client_request_id], n) =>
          aRecord({ request_id: idAt(NOON, n), request, response, client_request_id }),
        );
        await settledOf(sink, records);
        await sink.close();
        expect(read(await stored())).toEqual(records.map((record) => asRead(record)));
      }),
      { numRuns: 30 },
    );
  });

  it.each<[string, NonNullable<CaptureRecord['request']>]>([
    ['empty text', { text: '' }],
    ['control characters', { text: '\u2028\u2029\u0000\ud800 \r\n"\\ null' }],
    ['the text null', { text: 'null' }],
    ['text like the end of a line', { text: '"}\n{"request_id":"' }],
    ['megabytes of text', { text: 'é'.repeat(4_000_000) }],
    ['megabytes of escapes', { json: `{"x":"${'\\"'.repeat(2_000_000)}"}` }],
    ['columns in a body', { json: '{"a":"}","request":{"b":"\\\\"},"response":{"request":1}}' }],
    ['blanks around', { json: ' {"blank": "before and after"} ' }],
    ['a byte order mark', { json: '\ufeff{"mark": 1}' }],
    ['a list', { json: '[1,2]' }],
    ['a string', { json: '"\\u2028"' }],
    ['half a character', { json: '{"a":"\ud800"}' }],
    ['a newline at the end', { json: new TextEncoder().encode('{"big":"☃"}\n') }],
    ['nothing at all', { json: '' }],
  ])('gives %s back exactly', async (_, body) => {
    const { sink, stored } = await open();
    const record = aRecord({ request: body, response: body });
    const next = aRecord({ request_id: idAt(NOON, 1) });
    await settledOf(sink, [record, next]);
    await sink.close();
    const [first, second] = read(await stored());
    // A difference between megabytes is not worth printing.
    const { request, response } = asRead(record);
    expect([first?.request === request, first?.response === response]).toEqual([true, true]);
    expect(second).toEqual(asRead(next));
  });

  it('stores what is pending when it is closed, and settles it', async () => {
    const { sink, stored } = await open();
    const settled = settledOf(sink, [aRecord()]);
    await sink.close();
    await settled;
    await expect(stored()).resolves.toEqual([asRead(aRecord())]);
  });

  it('takes a record from inside the settling of another', async () => {
    const { sink, stored } = await open();
    await new Promise<void>((done) =>
      sink.append(aRecord(), () => sink.append(aRecord({ request_id: idAt(NOON, 1) }), done)),
    );
    await sink.close();
    await expect(stored()).resolves.toHaveLength(2);
  });

  it('settles and counts what comes after its end, and stores nothing of it', async () => {
    const { sink, stored } = await open();
    await sink.close();
    await settledOf(sink, [aRecord()]);
    await expect(stored()).resolves.toEqual([]);
    expect(sink.counts()).toEqual({ appended: 0, lost: 1 });
  });
};
