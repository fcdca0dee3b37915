import type { CaptureRecord } from '../../core/capture/capture-record';
import { captureRecordOf } from '../../core/capture/capture-record-of';
import { versionChooser } from '../../core/inference/choose-version';
import type { ServingService } from '../../core/inference/service-directory';
import type { Service } from '../../core/services/service';
import { modelVersion } from '../../core/services/services-fixture';
import { serveComparison } from './compare';
import type { Admitted } from './edge';
import { recorder } from './recorder';
import { type PredictionRoute, servePrediction } from './serve';

type Headers = Admitted['headers'];

const model = modelVersion('wine', 1);
const admittedWith = (headers: Headers, wanted: Service['wanted']): Admitted => {
  const capture = { sample: 1, columns: {}, client_ip: false, when: 'after' as const };
  const settings = { name: 'wine', wanted, traffic: { v1: 100 }, capture, max_rows: 2 };
  const serving: ServingService = {
    service: settings as Partial<Service> as Service,
    versions: new Map([['v1', { name: 'v1', model, tag: 'wine/1' }]]),
    limited: { subject: 'service/wine', throttle: { rate: 1, burst: 1, quota: null } },
  };
  const caller = { requester: 'anonymous', keyId: null, throttle: null };
  const asked = { service: 'wine', headers, requestId: 'r', startedAt: 0 };
  return { ...asked, clientIp: null, trace: null, serving, caller };
};

/** What is captured of a request that is refused before it reaches the model. */
const captured = async (
  route: PredictionRoute | 'compare',
  body: string | Uint8Array,
  headers: Headers = {},
  wanted: Service['wanted'] = 'running',
): Promise<CaptureRecord | undefined> => {
  const records: CaptureRecord[] = [];
  const clock = () => 0;
  const needs = {
    host: { invoke: () => Promise.reject(new Error('was asked')) },
    chooser: versionChooser({ isRunning: () => true, random: () => 0, clock }),
    modelOf: () => model,
    recorder: recorder({
      sink: {
        append(record, settled) {
          records.push(record);
          settled();
        },
      },
      recordOf: captureRecordOf({ hash: String }),
      hashSplitKey: String,
      byteLength: Buffer.byteLength,
      clock,
    }),
    ...{ note: () => {}, report: () => {}, clock, newId: () => 'r-v1' },
  };
  const bytes = typeof body === 'string' ? new TextEncoder().encode(body) : body;
  const admitted = admittedWith(headers, wanted);
  if (route === 'compare') await serveComparison(needs)(admitted, bytes);
  else {
    await new Promise((deliver) => {
      servePrediction(needs)(admitted, bytes, route, undefined, deliver);
    });
  }
  return records.at(0);
};

const HEADER = { 'x-client-request-id': 'in-header' };
const member = '"client_request_id": "in-body"';
const rows = (...cells: unknown[]) =>
  `"dataframe_split": ${JSON.stringify({ columns: ['alcohol'], data: cells.map((cell) => [cell]) })}`;
const latin = Uint8Array.from(Buffer.from(`{${rows('é')}, ${member}}`, 'latin1'));

describe('the id that a caller gave a refused request', () => {
  describe.each(['predict', 'compare'] as const)('to /%s', (route) => {
    it.each([
      ['a body that is no JSON', `{${member}`, 'malformed-body'],
      [
        'a body that nests too deep',
        `{${member}, "x": ${'['.repeat(40)}${']'.repeat(40)}}`,
        'malformed-body',
      ],
      ['no rows', '{}', 'invalid-input'],
      ['an id in the body that is none', `{${rows(1)}, "client_request_id": "é"}`, 'invalid-input'],
    ])('is kept from its header, with %s', async (_, body, error_type) => {
      const record = await captured(route, body, HEADER);
      expect(record).toMatchObject({ client_request_id: 'in-header', error_type });
    });

    it.each([
      ['a wrong type', `{${rows('x')}, ${member}}`, 'invalid-input'],
      ['too many rows', `{${rows(1, 2, 3)}, ${member}}`, 'too-many-rows'],
      ['no rows', `{${member}}`, 'invalid-input'],
      ['half of a surrogate pair', `{${rows(1)}, ${member}, "x": "\\ud800"}`, 'malformed-body'],
      ['text in another encoding', latin, 'malformed-body'],
    ])('is kept from its body before the header, with %s', async (_, body, error_type) => {
      const record = await captured(route, body, HEADER);
      expect(record).toMatchObject({ client_request_id: 'in-body', error_type });
    });

    it('is kept from its body when the one in the header is none', async () => {
      const record = await captured(route, `{${rows(1)}, ${member}}`, {
        'x-client-request-id': '',
      });
      expect(record).toMatchObject({ client_request_id: 'in-body', status_code: 400 });
    });

    it('is kept of a media type that is not taken, and by a service that is stopped', async () => {
      const body = `{${rows(1)}, ${member}}`;
      const refused = { client_request_id: 'in-body', request_id: 'r', service_version: null };
      const role = route === 'compare' ? 'compare' : 'primary';
      expect(await captured(route, body, { 'content-type': 'text/plain' })).toMatchObject({
        ...{ ...refused, role, status_code: 415, primary_request_id: null },
      });
      expect(await captured(route, body, {}, 'stopped')).toMatchObject({
        ...{ ...refused, role, status_code: 409, primary_request_id: null },
      });
    });

    it('is null where the caller gave none', async () => {
      expect(await captured(route, '{}')).toMatchObject({ client_request_id: null });
    });
  });

  it('is kept from its header, with CSV', async () => {
    expect(
      await captured('predict', 'alcohol\nx', { ...HEADER, 'content-type': 'text/csv' }),
    ).toMatchObject({
      ...{ client_request_id: 'in-header', status_code: 400 },
    });
  });

  it('is the member `id` in the inference protocol, also before tensors as bytes', async () => {
    const json = '{"id": "in-body", "client_request_id": "other", "inputs": []}';
    expect(await captured('infer', json, HEADER)).toMatchObject({ client_request_id: 'in-body' });
    const length = { 'inference-header-content-length': String(json.length) };
    expect(await captured('infer', `${json}\0\0`, length)).toMatchObject({
      client_request_id: 'in-body',
    });
    expect(await captured('infer', `${json}\0\0`, HEADER)).toMatchObject({
      client_request_id: 'in-header',
    });
  });
});
