import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { caller } from './support/api';
import { startPlatform, temporaryFolder, wineModel } from './support/platform';
import { wineBody } from './support/wine';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number };
}
interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly attributes: readonly Attribute[];
  readonly status: { readonly code: number };
}

const closing: (() => void)[] = [];

/** What a collector of OpenTelemetry takes in, as far as this looks at it. */
const openCollector = async () => {
  const spans: Span[] = [];
  const names: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString());
      for (const { resource, scopeSpans } of resourceSpans) {
        const name = resource.attributes.find(({ key }: Attribute) => key === 'service.name');
        names.push(name.value.stringValue);
        for (const scope of scopeSpans) spans.push(...scope.spans);
      }
      response.setHeader('content-type', 'application/json').end('{}');
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  closing.push(() => server.close());
  return { spans, names, url: `http://127.0.0.1:${port}`, close: () => server.close() };
};

const manifest = `
services:
  wine:
    auth: false
    versions: { v1: { model: ${wineModel} } }
`;
const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';

describe('traces', () => {
  afterAll(() => {
    for (const close of closing) close();
  });

  it('have a span of each request, child of its caller’s, in the collector that OpenTelemetry’s variable names', async () => {
    const collector = await openCollector();
    const platform = await startPlatform({
      manifest,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url, OTEL_SERVICE_NAME: 'cellar' },
    });
    const call = caller(platform.url);
    const path = '/services/wine/predict';
    const headers = { traceparent: `00-${TRACE}-${SPAN}-01` };
    const answered = await call(path, { body: wineBody, headers });
    await call(path, { body: wineBody, headers: { traceparent: `00-${TRACE}-${SPAN}-00` } });
    await call(path, { body: {} });
    await call('/services/none/predict', { body: {} });
    // What still waits is sent before the end.
    await platform.stop();

    const told = (attributes: readonly Attribute[]) =>
      Object.fromEntries(
        attributes.map(({ key, value }) => [key, value.stringValue ?? value.intValue]),
      );
    expect(collector.names[0]).toBe('cellar');
    expect(
      collector.spans.map(({ name, attributes }) => [
        name,
        told(attributes)['http.response.status_code'],
      ]),
    ).toEqual([
      ['predict', 200],
      ['predict', 400],
      ['predict', 401],
    ]);
    const [first, second] = collector.spans;
    expect(first).toMatchObject({ traceId: TRACE, parentSpanId: SPAN });
    expect(told(first?.attributes ?? [])).toMatchObject({
      'tidegate.request_id': answered.headers.get('x-request-id'),
      'tidegate.service': 'wine',
      'tidegate.version': 'v1',
    });
    expect(second?.traceId).not.toBe(TRACE);
    expect(second?.parentSpanId).toBeUndefined();
  }, 30_000);

  it('that cannot be sent cost a line in the log and no answer', async () => {
    const collector = await openCollector();
    collector.close();
    const platform = await startPlatform({
      manifest,
      env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    });
    const { status } = await caller(platform.url)('/services/wine/predict', { body: wineBody });
    expect(status).toBe(200);
    expect(await platform.stop()).toBe(0);
    expect(platform.output()).toContain('the last traces were not sent');
  }, 30_000);

  it.each([
    [{ OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' }, 'takes an http or https URL'],
    [
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:4318', OTEL_TRACES_SAMPLER_ARG: '110%' },
      'takes a number from 0 to 1',
    ],
  ])('are refused with %j', async (env, why) => {
    const started = startPlatform({ data: `${temporaryFolder()}/data`, env });
    await expect(started).rejects.toThrow(why);
  });
});
