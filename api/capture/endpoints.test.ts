import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aRecord, asRead, idAt, NOON } from '../../adapters/contracts/capture-sink.contract';
import { captureLog } from '../../adapters/embedded/capture-log/capture-log';
import { captureLogReader } from '../../adapters/embedded/capture-log/capture-log-reader';
import { findRequests } from '../../core/capture/find-requests';
import { getRequest } from '../../core/capture/get-request';
import { captureEndpoints } from './endpoints';

const HOUR = 3_600_000;

describe('looking captured requests up', () => {
  const folder = mkdtempSync(join(tmpdir(), 'look-up-'));
  const requests = captureLogReader({ folder });
  const endpoints = captureEndpoints({
    findRequests: findRequests({
      requests,
      serviceExists: async (name) => name === 'quiet',
      now: () => new Date(NOON),
    }),
    getRequest: getRequest({ requests }),
  });
  const records = [
    aRecord({ request_id: idAt(NOON - 25 * HOUR) }),
    aRecord({ request_id: idAt(NOON - HOUR), client_request_id: 'mine', service_version: 'v2' }),
    aRecord({ request_id: idAt(NOON), status_code: 502, error_type: 'model-error' }),
  ];

  beforeAll(async () => {
    const sink = captureLog({ folder, onLost: () => undefined });
    for (const record of records) sink.append(record, () => undefined);
    await sink.close();
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const call = (path: Record<string, string>, query: Record<string, string> = {}) => {
    const endpoint = path.request_id ? endpoints.getRequest : endpoints.findRequests;
    const body = new Uint8Array();
    return endpoint({ path, query, headers: {}, body, requestId: 'r', operator: null });
  };
  const idsOf = async (query: Record<string, string>): Promise<string[]> => {
    const { status, body } = await call({ service: 'wine' }, query);
    expect(status).toBe(200);
    const { items } = body as { items: { request_id: string }[] };
    return items.map(({ request_id }) => request_id);
  };
  const [yesterday = '', earlier = '', justNow = ''] = records.map(({ request_id }) => request_id);

  it('gives the last 24 hours, newest first, unless told otherwise', async () => {
    await expect(idsOf({})).resolves.toEqual([justNow, earlier]);
    await expect(idsOf({ from: '2025-12-31T00:00:00Z' })).resolves.toEqual([
      justNow,
      earlier,
      yesterday,
    ]);
    await expect(idsOf({ to: '2026-01-01T11:00:00Z' })).resolves.toEqual([yesterday]);
  });

  it.each([
    [{ client_request_id: 'mine' }, earlier],
    [{ version: 'v2' }, earlier],
    [{ status: '502' }, justNow],
    [{ role: 'primary', requester: 'key-1', limit: '1' }, justNow],
    [{ limit: '1', cursor: justNow }, earlier],
  ])('finds by %j', async (query: Record<string, string>, expected) => {
    await expect(idsOf(query)).resolves.toEqual([expected]);
  });

  it('shows one request with its bodies', async () => {
    const { status, body } = await call({ service: 'wine', request_id: justNow });
    expect([status, body]).toEqual([200, asRead(records[2] ?? aRecord())]);
  });

  it.each([idAt(NOON, 1), 'x', '%2e%2e'])('answers not-found for %s', async (request_id) => {
    await expect(call({ service: 'wine', request_id })).rejects.toMatchObject({
      kind: 'not-found',
    });
  });

  it('shows nothing of a service to somebody who asks for another', async () => {
    await expect(call({ service: 'quiet', request_id: justNow })).rejects.toMatchObject({
      kind: 'not-found',
    });
    await expect(call({ service: 'quiet' })).resolves.toMatchObject({
      body: { items: [], next_cursor: null },
    });
  });

  it('tells a service without requests from one that there never was', async () => {
    await expect(call({ service: 'beer' })).rejects.toMatchObject({ kind: 'service-not-found' });
  });

  it.each<Record<string, string>>([
    { limit: '0' },
    { limit: '1001' },
    { limit: 'many' },
    { from: 'yesterday' },
    { from: '2026-01-01T12:00:00Z', to: '2026-01-01T12:00:00Z' },
    { from: '2026-01-01T13:00:00Z' },
    { from: '2026-01-02T00:00:00Z', to: '2026-01-01T00:00:00Z' },
    { cursor: 'x' },
    { role: 'boss' },
    { status: '20' },
    { version: '../v1' },
    { primary_request_id: 'x' },
    { client_request_id: '' },
  ])('refuses %j', async (query) => {
    await expect(call({ service: 'wine' }, query)).rejects.toMatchObject({ kind: 'bad-request' });
  });
});
