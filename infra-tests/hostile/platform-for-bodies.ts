import { type Caller, caller } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { example, wineBody } from '../support/wine';

const manifest = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model, weight: 100 }
      v2: { model: ./examples/wine/model-v2, weight: 0 }
  texts:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./model-server/fixtures/echo-s.onnx }
`;

/** Bytes of a body that is taken. */
export const MAX = 4_000_000;
export const { columns } = example;
export const row = example.data[0] ?? [];
/** The row by column. */
export const record = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
/** A body that is answered. */
export const text = JSON.stringify(wineBody);
/** The row as a CSV that is answered. */
export const csv = [columns, row].map((cells) => cells.join(',')).join('\n');
/** The row with another first cell, as it is to stand in the JSON. */
export const split = (cell: string): string =>
  `{"dataframe_split":{"columns":${JSON.stringify(columns)},"data":[[${[cell, ...row.slice(1)].join()}]]}}`;

type Body = string | Uint8Array;
type Asked = ReturnType<Caller>;

interface Target {
  readonly running: () => Running;
  readonly call: Caller;
  readonly operator: Caller;
  readonly predict: (body: Body, headers?: object, service?: string) => Asked;
  readonly asCsv: (body: Body) => Asked;
  /** Anything but text and bytes goes as JSON. */
  readonly infer: (body: unknown, headers?: object) => Asked;
}

/** A platform for the tests of a describe: it must answer after each of them, and log no error. */
export const platformForBodies = (): Target => {
  let running: Running;
  beforeAll(async () => {
    running = await startPlatform({ manifest });
  }, 60_000);
  afterEach(async () => {
    expect((await predict(text)).status).toBe(200);
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    expect(running.output()).not.toContain('"level":"error"');
  });

  const call: Caller = (path, options) => caller(running.url)(path, options);
  const predict: Target['predict'] = (body, headers = {}, service = 'wine') =>
    call(`/services/${service}/predict`, { body, headers: { ...headers } });
  return {
    running: () => running,
    call,
    operator: (path, options) => caller(running.url, running.token)(path, options),
    predict,
    asCsv: (body) => predict(body, { 'content-type': 'text/csv' }),
    infer: (body, headers = {}) =>
      call('/services/wine/v2/models/wine/infer', { body, headers: { ...headers } }),
  };
};

/** Holds an answer against the contract: a problem of this type, and a small one. */
export const refused = async (answer: Asked, type: string, status = 400): Promise<void> => {
  const { status: got, body, headers } = await answer;
  expect({ status: got, type: body.type }).toEqual({ status, type: `urn:tidegate:${type}` });
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(headers.get('x-request-id')).toBe(body.request_id);
  expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(20_000);
};
