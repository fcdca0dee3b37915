import { aRecord } from '../../adapters/contracts/capture-sink.contract';
import type { CapturePolicy } from './capture-policy';
import { captureRecordOf, type FinishedRequest, type ReceivedBody } from './capture-record-of';

const recordOf = captureRecordOf({ hash: (text) => `hash of ${text.length}` });
const policy = (own: Partial<CapturePolicy> = {}): CapturePolicy => ({
  sample: 0.25,
  columns: {},
  client_ip: false,
  when: 'after',
  ...own,
});
const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const split = () => ({ columns: ['pH', 'user'], data: [[3.5, 'ann']] });
const asSplit = '{"dataframe_split":{"columns":["pH","user"],"data":[[3.5,"ann"]]}}';
const received = '{"dataframe_split": {"data": [[3.50, "ann"]], "columns": ["pH", "user"]}}';

const finished = (body: ReceivedBody, own: Partial<FinishedRequest> = {}): FinishedRequest => {
  const { request, response, sampling_fraction, request_bytes, ...known } = aRecord();
  return { ...known, received: body, answer: '{"predictions":[5]}', ...own };
};
const refused = (bytes: Uint8Array, read: ReceivedBody['read'] = null) =>
  finished({ bytes, read }, { status_code: 400, error_type: 'malformed-body' });

describe('the record of an answered request', () => {
  const bytes = bytesOf(received);

  it('has the body as it came when it is a dataframe_split already', () => {
    const record = recordOf(policy(), finished({ bytes, read: { asReceived: true, split } }));
    expect(record).toEqual(
      aRecord({
        sampling_fraction: 0.25,
        request: { json: bytes },
        response: { json: '{"predictions":[5]}' },
        request_bytes: bytes.length,
      }),
    );
    expect(record.request && 'json' in record.request && record.request.json).toBe(bytes);
  });

  it('has the body without its byte order mark, which is no JSON', () => {
    const marked = Uint8Array.of(0xef, 0xbb, 0xbf, ...bytes);
    const body = { bytes: marked, read: { asReceived: true, split } };
    expect(recordOf(policy(), finished(body))).toMatchObject({
      request: { json: bytes },
      request_bytes: marked.length,
    });
  });

  it('has the table of any other body', () => {
    const csv = { bytes: bytesOf('pH,user\n3.5,ann\n'), read: { asReceived: false, split } };
    expect(recordOf(policy(), finished(csv))).toMatchObject({
      request: { json: asSplit },
      request_bytes: 16,
    });
  });

  it('has the table after the policy where there is one, also of a body that could stay', () => {
    const rules = policy({ columns: { user: 'hash' } });
    const record = recordOf(rules, finished({ bytes, read: { asReceived: true, split } }));
    const json =
      '{"dataframe_split":{"columns":["pH","user"],"data":[[3.5,"hash of 5"]],"hashed":["user"]}}';
    expect(record.request).toEqual({ json });
  });

  it("has the caller's address only where the policy says so", () => {
    const body = finished({ bytes, read: { asReceived: true, split } }, { client_ip: '::1' });
    expect(recordOf(policy(), body).client_ip).toBeNull();
    expect(recordOf(policy({ client_ip: true }), body).client_ip).toBe('::1');
  });
});

describe('the record of a refused request', () => {
  it('has the text as it came, and a sampling fraction of 1', () => {
    const read = { asReceived: true, split };
    expect(recordOf(policy(), refused(bytesOf('{"oops'), read))).toMatchObject({
      request: { text: '{"oops' },
      sampling_fraction: 1,
      request_bytes: 6,
    });
  });

  it.each([
    ['', ''],
    ['x'.repeat(65_536), 'x'.repeat(65_536)],
    ['x'.repeat(65_537), 'x'.repeat(65_536)],
    [`${'x'.repeat(65_535)}é`, 'x'.repeat(65_535)],
    [`${'x'.repeat(65_534)}é!`, `${'x'.repeat(65_534)}é`],
    [`${'x'.repeat(65_533)}😀`, 'x'.repeat(65_533)],
    [`\ufeff${'😀'.repeat(20_000)}`, `\ufeff${'😀'.repeat(16_383)}`],
  ])('has the first 64 KiB, no character cut in two (%#)', (text, stored) => {
    const { request } = recordOf(policy(), refused(bytesOf(text)));
    expect(request && 'text' in request && request.text === stored).toBe(true);
  });

  it('reads what is no UTF-8 as replacement characters', () => {
    const bytes = Uint8Array.of(0x61, 0xff, 0x62);
    expect(recordOf(policy(), refused(bytes)).request).toEqual({ text: 'a\ufffdb' });
    const tails = new Uint8Array(70_000).fill(0x80);
    const { request } = recordOf(policy(), refused(tails));
    expect(request && 'text' in request && request.text.length).toBe(65_533);
  });

  it('has nothing of a body that a policy could not be applied to', () => {
    const rules = policy({ columns: { user: 'drop' } });
    const record = recordOf(rules, refused(bytesOf('{"user": "ann"')));
    expect(record).toMatchObject({ request: null, request_bytes: 14 });
  });

  it('has the table after the policy when the model failed on it', () => {
    const rules = policy({ columns: { user: 'drop' } });
    const read = { asReceived: true, split };
    const failed = finished({ bytes: bytesOf(received), read }, { status_code: 502 });
    const json = '{"dataframe_split":{"columns":["pH"],"data":[[3.5]]}}';
    expect(recordOf(rules, failed).request).toEqual({ json });
  });
});
