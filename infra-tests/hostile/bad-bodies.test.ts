import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { type Caller, caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { example, wineBody } from '../support/wine';
import { connectTo, expectProblem, requestText, sendRaw } from './raw-socket';

const manifest = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model }
      v2: { model: ./examples/wine/model-v2, weight: 0 }
  texts:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./model-server/fixtures/echo-s.onnx }
`.replace(
  'v1: { model: ./examples/wine/model }',
  'v1: { model: ./examples/wine/model, weight: 100 }',
);
const MAX = 4_000_000;
const row = example.data[0] ?? [];
const { columns } = example;
const record = Object.fromEntries(columns.map((name, at) => [name, row[at]]));
const text = JSON.stringify(wineBody);
const csv = [columns, row].map((cells) => cells.join(',')).join('\n');
const split = (cell: string): string =>
  `{"dataframe_split":{"columns":${JSON.stringify(columns)},"data":[[${[cell, ...row.slice(1)].join()}]]}}`;

describe('bodies that mean harm', () => {
  let running: Running;
  let call: Caller;
  const predict = (body: string | Uint8Array, headers = {}, service = 'wine') =>
    call(`/services/${service}/predict`, { body, headers });
  const asCsv = (body: string | Uint8Array) => predict(body, { 'content-type': 'text/csv' });
  const infer = (body: unknown, headers = {}) =>
    call('/services/wine/v2/models/wine/infer', {
      body: body instanceof Uint8Array || typeof body === 'string' ? body : JSON.stringify(body),
      headers,
    });
  const refused = async (
    answer: ReturnType<typeof predict>,
    type: string,
    status = 400,
  ): Promise<void> => {
    const { status: got, body, headers } = await answer;
    expect({ status: got, type: body.type }).toEqual({ status, type: `urn:tidegate:${type}` });
    expect(headers.get('content-type')).toBe('application/problem+json');
    expect(headers.get('x-request-id')).toBe(body.request_id);
    expect(Buffer.byteLength(JSON.stringify(body))).toBeLessThan(20_000);
  };
  const memory = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running.process.pid}/status`, 'utf8'))?.[1]);

  beforeAll(async () => {
    running = await startPlatform({ manifest });
    call = caller(running.url);
  }, 60_000);
  afterEach(async () => {
    expect((await predict(text)).status).toBe(200);
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
    expect(running.output()).not.toContain('"level":"error"');
  });

  it.each([10, 31, 32, 33, 1_000, 1_000_000])('nested %d deep', async (depth) => {
    const open = '['.repeat(depth - 1);
    const close = ']'.repeat(depth - 1);
    const whole = `{"extra":${open}${close},${text.slice(1)}`;
    if (depth <= 32) expect((await predict(whole)).status).toBe(200);
    else await refused(predict(whole), 'malformed-body');
    await refused(predict(`{"extra":${open}`), 'malformed-body');
    const objects = `${'{"a":'.repeat(Math.min(depth, 700_000))}`;
    await refused(predict(objects), 'malformed-body');
    await refused(predict(open), depth === 1 ? 'invalid-input' : 'malformed-body');
  });

  it('made of one endless number', async () => {
    const digits = '9'.repeat(MAX - 2_000);
    await refused(predict(digits), 'invalid-input');
    await refused(predict(split(digits)), 'invalid-input');
    await refused(predict(split(`-${digits}`)), 'invalid-input');
    await refused(predict(split(`1e${digits}`)), 'invalid-input');
    for (const tiny of [`0.${'0'.repeat(3_900_000)}1`, `7.4${'0'.repeat(3_900_000)}`]) {
      expect((await predict(split(tiny))).status).toBe(200);
    }
    await refused(predict(`{"dataframe_split":{"columns":[${digits}`), 'malformed-body');
    await refused(asCsv(csv.replace(/\n[^,]*/, `\n${digits}`)), 'invalid-input');
  });

  it.each([
    ['a lone continuation byte', [0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
    ['half of a surrogate pair', [0xed, 0xa0, 0x80]],
    ['beyond Unicode', [0xf4, 0x90, 0x80, 0x80]],
    ['a cut character', [0xe2, 0x82]],
    ['no byte of UTF-8', [0xff]],
  ])('that is no UTF-8: %s', async (_, bytes) => {
    const within = (before: string, after: string): Buffer =>
      Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
    await refused(predict(within('{"extra":"', `",${text.slice(1)}`)), 'malformed-body');
    await refused(predict(within(text, '')), 'malformed-body');
    await refused(asCsv(within(csv, '')), 'malformed-body');
    const answer = await infer(within('{"id":"', '","inputs":[]}'));
    expect(answer).toMatchObject({ status: 400, body: { error: expect.any(String) } });
  });

  it('with halves of surrogate pairs written as escapes', async () => {
    for (const half of ['\\ud800', '\\udc00', '\\udc00\\ud800', 'x\\uD83D', '\\\\\\ud800']) {
      await refused(predict(`{"extra":"${half}",${text.slice(1)}`), 'malformed-body');
      await refused(predict(`{"${half}":1,${text.slice(1)}`), 'malformed-body');
    }
    for (const whole of ['\\ud83d\\ude00', '\\\\ud800', '\\u00e9']) {
      expect((await predict(`{"extra":"${whole}",${text.slice(1)}`)).status).toBe(200);
    }
  });

  it('with line ends and other controls in ids', async () => {
    for (const id of [
      'a\r\nSet-Cookie: b',
      '\n',
      '\0',
      '\x7f',
      'é',
      '',
      'x'.repeat(257),
      7,
      [],
      {},
    ]) {
      await refused(
        predict(JSON.stringify({ ...wineBody, client_request_id: id })),
        'invalid-input',
      );
    }
    const raw = (header: string) =>
      sendRaw(
        running.url,
        Buffer.from(requestText('POST', '/services/wine/predict', [header], text), 'latin1'),
      );
    for (const id of ['x'.repeat(257), 'caf\u00e9', 'a\tb', '']) {
      expectProblem(await raw(`X-Client-Request-Id: ${id}`), 400, 'invalid-input');
    }
    const injected = await raw('X-Client-Request-Id: a\r\nX-Evil: b');
    expect(injected?.headers).not.toHaveProperty('x-evil');
    expect(JSON.parse(injected?.text ?? '').client_request_id).toBe('a');
    expectProblem(await raw('X-Client-Request-Id: a\nX-Evil: b'), 400, 'bad-request');
    for (const id of ['a\r\nb', 'x'.repeat(256)]) {
      const { body } = await infer({
        id,
        inputs: columns.map((name, at) => ({
          name,
          shape: [1],
          datatype: 'FP64',
          data: [row[at]],
        })),
      });
      expect(body.id).toBe(id);
    }
  });

  it('with names of what every object has', async () => {
    const names = ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'length'];
    for (const name of names) {
      const evil = `{"${name}":{"dataframe_split":1,"positional":true,"polluted":1},${text.slice(1)}`;
      expect((await predict(evil)).status).toBe(200);
      await refused(predict(`{"${name}":${text}}`), 'invalid-input');
      const extra = JSON.stringify({ ...record, x: 1 }).replace('"x"', `"${name}"`);
      expect((await predict(`{"dataframe_records":[${extra}]}`)).status).toBe(200);
      await refused(
        predict(`{"dataframe_records":[{"${name}":${JSON.stringify(record)}}]}`),
        'invalid-input',
      );
      await refused(predict(`{"inputs":{"${name}":[1]}}`), 'invalid-input');
      await refused(asCsv(`${name}\n1`), 'invalid-input');
      const inputs = `[{"name":"${name}","shape":[1],"datatype":"FP64","data":[1]}]`;
      expect((await infer(`{"inputs":${inputs}}`)).status).toBe(400);
      const type = `[{"name":"pH","shape":[1],"datatype":"${name}","data":[1]}]`;
      expect((await infer(`{"inputs":${type}}`)).status).toBe(400);
      const version = await predict(text, { 'x-tidegate-version': name });
      expect(version).toMatchObject({
        status: 404,
        body: { type: 'urn:tidegate:version-not-found' },
      });
      expect((await predict(text, { 'x-tidegate-split-key': name })).status).toBe(200);
      expect((await call(`/services/${name}/predict`, { body: text })).status).toBe(401);
    }
    expect(JSON.parse((await predict(text)).text)).not.toHaveProperty('polluted');
  });

  it('with members given twice, of which the last counts, and which are kept as it was read', async () => {
    const twice = `{"dataframe_split":{"columns":["x"],"data":[[1]]},"client_request_id":"first","client_request_id":"last",${text.slice(1)}`;
    const { status, body } = await predict(twice);
    expect({ status, id: body.client_request_id }).toEqual({ status: 200, id: 'last' });
    const operator = caller(running.url, running.token);
    const kept = await operator(`/api/services/wine/requests/${body.request_id}`);
    expect(JSON.parse(kept.body.request)).toEqual(wineBody);
    expect(kept.body.request.match(/dataframe_split/g)).toHaveLength(1);
    await refused(predict(`${text.slice(0, -1)},"dataframe_split":{}}`), 'invalid-input');
  });

  it('of exactly 4,000,000 bytes and of one more, with a length or in chunks', async () => {
    const padded = (size: number): string => text + ' '.repeat(size - Buffer.byteLength(text));
    const chunked = (body: string) =>
      new Promise<number>((resolve, reject) => {
        const url = `${running.url}/services/wine/predict`;
        const sending = request(url, { method: 'POST' }, (answer) => {
          answer.resume().on('end', () => resolve(answer.statusCode ?? 0));
        });
        sending.on('error', reject);
        for (let at = 0; at < body.length; at += 100_000)
          sending.write(body.slice(at, at + 100_000));
        sending.end();
      });
    expect((await predict(padded(MAX))).status).toBe(200);
    expect(await chunked(padded(MAX))).toBe(200);
    await refused(predict(padded(MAX + 1)), 'body-too-large', 413);
    expect(await chunked(padded(MAX + 1))).toBe(413);
    const control = caller(running.url, running.token);
    const large = JSON.stringify({ name: 'x'.repeat(MAX) });
    await refused(control('/api/services', { body: large }), 'body-too-large', 413);
    expect((await infer(padded(MAX + 1))).status).toBe(413);
  });

  it('that are compressed, and are never unpacked', async () => {
    const bomb = gzipSync(Buffer.alloc(500_000_000, ' '), { level: 9 });
    const before = memory();
    for (const encoding of ['gzip', 'deflate', 'br', 'zstd', 'gzip, gzip', 'identity', 'x']) {
      const header = { 'content-encoding': encoding };
      await refused(predict(bomb, header), 'unsupported-media-type', 415);
      expect((await infer(bomb, header)).status).toBe(415);
      const compared = call('/services/wine/compare', { body: bomb, headers: header });
      await refused(compared, 'unsupported-media-type', 415);
    }
    await refused(predict(bomb), 'malformed-body');
    expect(memory() - before).toBeLessThan(150_000);
    const raw = requestText('POST', '/services/wine/predict', ['Transfer-Encoding: gzip, chunked']);
    const zipped = await sendRaw(running.url, `${raw}0\r\n\r\n`);
    expect(zipped?.status).toBe(400);
  }, 40_000);

  it.each([
    ['application/json', 200],
    ['APPLICATION/JSON', 200],
    ['application/json; charset=utf-8', 200],
    ['application/json;CHARSET="UTF-8"', 200],
    [' application/json ;  charset=utf-8 ', 200],
    ['application/json; charset=utf8', 415],
    ['application/json; charset=latin1', 415],
    ['application/json; charset=utf-16', 415],
    ['application/json; charset=utf-8; charset=latin1', 415],
    ['application/json; charset=', 415],
    ['application/json, application/json', 415],
    ['application/jsonp', 415],
    ['application/octet-stream', 415],
    ['application/x-www-form-urlencoded', 415],
    ['multipart/form-data; boundary=x', 415],
    ['application/x-ndjson', 415],
    ['text/plain', 415],
    ['', 415],
  ])('said to be %j', async (type, status) => {
    const raw = (...headers: string[]) =>
      sendRaw(running.url, requestText('POST', '/services/wine/predict', headers, text));
    const answer = await raw(`Content-Type: ${type}`);
    if (status === 415) expectProblem(answer, 415, 'unsupported-media-type');
    else expect(answer?.status).toBe(status);
    const twice = await raw(`Content-Type: ${type}`, 'Content-Type: application/json');
    expectProblem(twice, 415, 'unsupported-media-type');
  });

  it('that are empty, or hardly anything', async () => {
    const nothing = [
      '',
      ' ',
      '\ufeff',
      '\0',
      '{',
      '}',
      '"',
      '{"',
      'nul',
      '//',
      "{'a':1}",
      '{}{}',
      '\ufeff\ufeff{}',
    ];
    for (const body of nothing) {
      const sent = sendRaw(
        running.url,
        requestText(
          'POST',
          '/services/wine/predict',
          ['Content-Length: 0'].slice(body.length),
          body,
        ),
      );
      expectProblem(await sent, 400, 'malformed-body');
    }
    for (const body of ['null', 'true', '7', '"text"', '[]', '{}', '{"dataframe_split":null}']) {
      await refused(predict(body), 'invalid-input');
      expect((await infer(body)).status).toBe(400);
      await refused(call('/services/wine/compare', { body }), 'invalid-input');
    }
    for (const body of ['\n', '\n\n\n', columns.join(), '\ufeff', ',', '""']) {
      await refused(asCsv(body), 'invalid-input');
    }
  });

  it('with NUL where text belongs', async () => {
    await refused(predict(`\0${text}`), 'malformed-body');
    await refused(predict(text.replace('"pH"', '"pH\0"')), 'malformed-body');
    await refused(predict(text.replace('"pH"', '"pH\\u0000"')), 'invalid-input');
    const texts = (s: string) => JSON.stringify({ instances: [{ f: 1, i: 1, l: 1, s, b: true }] });
    expect((await predict(texts('a b'), {}, 'texts')).body.predictions).toEqual(['a b']);
    // ONNX Runtime would see "a" only.
    await refused(predict(texts('a\0b'), {}, 'texts'), 'invalid-input');
    await refused(
      predict('f,i,l,s,b\n1,1,1,a\0b,true', { 'content-type': 'text/csv' }, 'texts'),
      'invalid-input',
    );
  });

  it('with a byte order mark, which is skipped once', async () => {
    expect((await predict(`\ufeff${text}`)).status).toBe(200);
    expect((await asCsv(`\ufeff${csv}`)).status).toBe(200);
    expect((await infer(`\ufeff${JSON.stringify({ inputs: [] })}`)).status).toBe(400);
    await refused(predict(`\ufeff\ufeff${text}`), 'malformed-body');
    await refused(asCsv(`\ufeff\ufeff${csv}`), 'invalid-input');
    await refused(predict(Buffer.from(`\ufeff${text}`, 'utf16le')), 'malformed-body');
  });

  it('with more columns or rows than anybody has', async () => {
    const fill = (unit: string, room = MAX - 2_000): string =>
      unit.repeat(Math.floor(room / unit.length));
    const many = fill('1,').slice(0, -1);
    const empties = fill('[],').slice(0, -1);
    const objects = fill('{},').slice(0, -1);
    const names = fill('"",').slice(0, -1);
    await refused(predict(`{"dataframe_split":{"columns":[${names}],"data":[]}}`), 'invalid-input');
    await refused(
      predict(`{"dataframe_split":{"columns":[${names}],"data":[[1]]}}`),
      'invalid-input',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":[],"data":[${empties}]}}`),
      'too-many-rows',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":["pH"],"data":[[${many}]]}}`),
      'invalid-input',
    );
    await refused(
      predict(`{"dataframe_split":{"columns":["pH"],"data":[${many}]}}`),
      'invalid-input',
    );
    await refused(predict(`{"dataframe_records":[${objects}]}`), 'too-many-rows');
    await refused(predict(`{"dataframe_records":[${empties}]}`), 'invalid-input');
    await refused(predict(`{"instances":[${many}]}`), 'invalid-input');
    await refused(predict(`{"inputs":{"pH":[${many}]}}`), 'too-many-rows');
    const distinct = Array.from({ length: 200_000 }, (_, count) => `"c${count}":[1]`).join();
    await refused(predict(`{"inputs":{${distinct}}}`), 'invalid-input');
    await refused(predict(`{"dataframe_records":[{${distinct}}]}`), 'invalid-input');
    const members = Array.from({ length: 200_000 }, (_, count) => `"m${count}":1`).join();
    expect((await predict(`{${members},${text.slice(1)}`)).status).toBe(200);
    const rows = (count: number): string =>
      JSON.stringify({
        dataframe_split: { columns, data: Array.from({ length: count }, () => row) },
      });
    expect((await predict(rows(512))).body.predictions).toHaveLength(512);
    await refused(predict(rows(513)), 'too-many-rows');
    await refused(predict(rows(40_000)), 'too-many-rows');
  });

  it('of CSV that never ends', async () => {
    const bombs = [
      ['commas', ','.repeat(MAX)],
      ['line ends', '\n'.repeat(MAX)],
      ['quotes', '"'.repeat(MAX)],
      ['pairs of quotes', '"",'.repeat(MAX / 4)],
      ['an open quote', `"${'a,\n'.repeat(MAX / 4)}`],
      ['one name', 'a'.repeat(MAX)],
      ['a header and commas', `${csv}\n${','.repeat(MAX - 1_000)}`],
      ['short rows', `${columns}\n${'1\n'.repeat(MAX / 2 - 1_000)}`],
      ['empty quoted rows', `${columns}\n${'""\n'.repeat(MAX / 3 - 1_000)}`],
      ['carriage returns', `${columns}\r${'1\r'.repeat(MAX / 2 - 1_000)}`],
    ] as const;
    for (const [, bomb] of bombs) {
      const { status, body } = await asCsv(bomb);
      expect(status).toBe(400);
      expect(JSON.stringify(body).length).toBeLessThan(20_000);
    }
    await refused(asCsv(`${csv}"`), 'invalid-input');
    await refused(
      asCsv(csv.replace('\n', '\n"7.4" ,').replace('"7.4" ,', '"7.4" ')),
      'malformed-body',
    );
  });

  it('of the inference protocol with absurd shapes and sizes', async () => {
    const tensor = (about: object) => ({
      name: 'pH',
      shape: [1],
      datatype: 'FP64',
      data: [1],
      ...about,
    });
    const shapes = [
      [],
      [1, 1, 1],
      [-1],
      [0],
      [1.5],
      ['1'],
      [null],
      [2],
      [1e9],
      [2 ** 53],
      [1e9, 1e9],
      [0, 2 ** 53 - 1],
      {},
      'x',
      null,
    ];
    const others = [
      ...shapes.map((shape) => ({ shape })),
      ...['', 'fp64', 'FP16', 'BF16', 7, null, {}].map((datatype) => ({ datatype })),
      ...[undefined, null, {}, 'x', [], [[]], [[1, 2]], [1, [2]], [[[1]]], ['1'], [true], [{}]].map(
        (data) => ({ data }),
      ),
      ...[-1, 0, 7, 9, 2 ** 53, 1e300, '8', null, {}].map((size) => ({
        data: undefined,
        parameters: { binary_data_size: size },
      })),
      { name: null },
      { name: 7 },
      { datatype: 'BYTES' },
      { datatype: 'BOOL', data: [2] },
      { datatype: 'UINT8', data: [256] },
      { datatype: 'INT32', data: [1.5] },
      { parameters: { binary_data_size: 8 } },
    ];
    for (const about of others) {
      const answer = await infer({ inputs: [tensor(about)] });
      expect({ about, status: answer.status }).toEqual({ about, status: 400 });
      expect(answer.body).toEqual({ error: expect.any(String) });
    }
    const head = JSON.stringify({
      inputs: [tensor({ data: undefined, parameters: { binary_data_size: 8 } })],
    });
    const behind = Buffer.concat([Buffer.from(head), Buffer.alloc(8)]);
    for (const length of [
      '-1',
      '1e3',
      '0',
      '1',
      '99999999999',
      'x',
      `${head.length + 1}`,
      `${head.length + 9}`,
      '',
    ]) {
      const answer = await infer(behind, { 'inference-header-content-length': length });
      expect({ length, status: answer.status }).toEqual({ length, status: 400 });
    }
    const texts = { name: 's', shape: [1], datatype: 'BYTES', parameters: { binary_data_size: 4 } };
    const json = Buffer.from(JSON.stringify({ inputs: [texts] }));
    const lying = Buffer.concat([json, Buffer.from([0xff, 0xff, 0xff, 0xff])]);
    expect(
      (await infer(lying, { 'inference-header-content-length': `${json.length}` })).status,
    ).toBe(400);
    const inputs = Array.from({ length: 40_000 }, (_, count) => tensor({ name: `c${count}` }));
    expect((await infer({ inputs })).status).toBe(400);
    for (const outputs of [{}, 'x', 7, [7], [{}], [{ name: 'nothing' }]]) {
      expect((await infer({ inputs: [tensor({})], outputs })).status).toBe(400);
    }
  });

  it('for the control API', async () => {
    const control = caller(running.url, running.token);
    const posts = [
      '/api/services',
      '/api/models/some/versions',
      '/api/services/wine/keys',
      '/api/operators',
      '/api/session',
      '/api/services/wine/versions',
    ];
    const bodies: (string | Uint8Array)[] = [
      '',
      '{',
      '[',
      '['.repeat(1_000_000),
      '{"a":'.repeat(600_000),
      '9'.repeat(3_000_000),
      'null',
      '[]',
      '"x"',
      Buffer.from([0xff, 0xfe]),
      '{"name":"\\ud800"}',
      '{"__proto__":{"name":"evil"}}',
      '{"constructor":{"prototype":{"x":1}}}',
      '{"name":"../../etc"}',
      '{"name":"a\\u0000b"}',
      '{"name":"x","name":"requests"}',
      JSON.stringify({ name: 'x'.repeat(1_000_000) }),
      JSON.stringify({ name: 'ok', source: { path: '/etc/passwd' } }),
      JSON.stringify({ source: { path: '../../etc' } }),
      JSON.stringify({ source: { upload: '../../../etc/passwd' } }),
      JSON.stringify({ source: { mlflow: 'file:///etc/passwd' } }),
      JSON.stringify({ name: 'ok', throttle: { rate: -1, burst: -1 } }),
      `{"name":"ok","throttle":{"rate":1e400}}`,
      JSON.stringify({
        name: 'deep',
        versions: Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`v${i}`, {}])),
      }),
      JSON.stringify({ code: 'x'.repeat(100_000) }),
    ];
    for (const path of posts) {
      for (const body of bodies) {
        const { status, headers } = await control(path, { body });
        expect({ path, body: body.slice(0, 60), isBug: status >= 500 }).toMatchObject({
          isBug: false,
        });
        // A key or an operator may be called anything.
        if (!/keys|operators/.test(path)) expect(status).toBeGreaterThanOrEqual(400);
        const type = headers.get('content-type');
        expect(type).toBe(status < 400 ? 'application/json' : 'application/problem+json');
      }
    }
    const searches = [
      'limit=-1',
      'limit=1e9',
      'limit=x',
      'cursor=%00',
      'cursor=..%2f',
      'from=never',
      'from=2026-13-01T00:00:00.000Z',
      'status=abc',
      'status=99999',
      'limit=1&limit=2',
      '__proto__=1',
      'client_request_id=',
      `client_request_id=${'x'.repeat(10_000)}`,
      'version=%ff',
      '%',
      '%00=%00',
      `${'&a=b'.repeat(3_000)}`,
    ];
    for (const path of [
      '/api/services',
      '/api/services/wine/requests',
      '/api/services/wine/events',
      '/api/services/wine/logs',
      '/api/audit',
      '/api/models',
    ]) {
      for (const search of searches) {
        expect((await control(`${path}?${search}`)).status).toBeLessThan(500);
      }
    }
    for (const name of [
      '..',
      '%2e%2e',
      '%00',
      '%ff',
      'a'.repeat(10_000),
      '__proto__',
      'constructor',
      '%F0%9F%98%80',
      "'; DROP TABLE record; --",
    ]) {
      const encoded = name.startsWith('%') ? name : encodeURIComponent(name);
      for (const path of [
        `/api/services/${encoded}`,
        `/api/models/${encoded}`,
        `/api/models/${encoded}/versions/1`,
        `/api/services/${encoded}/requests`,
        `/api/services/wine/requests/${encoded}`,
        `/api/services/wine/versions/${encoded}`,
        `/api/services/wine/keys/${encoded}/rotate`,
      ]) {
        const method = path.endsWith('rotate') ? 'POST' : 'GET';
        const { status } = await control(path, { method });
        expect({ path: path.slice(0, 80), status }).not.toMatchObject({ status: 200 });
        expect(status).toBeLessThan(500);
      }
    }
    expect((await control('/api/services')).body.items).toHaveLength(2);
  }, 60_000);

  it('for a service, a version and a key that are called as what every object has', async () => {
    const control = caller(running.url, running.token);
    const model = { name: 'wine', version: 1 };
    const name = 'constructor';
    const versions = { v1: { model }, [name]: { model } };
    const created = await control('/api/services', { body: { name, versions } });
    expect(created).toMatchObject({ status: 201, body: { traffic: { v1: 100 } } });
    const path = `/api/services/${name}`;
    await until(
      () => control(path),
      ({ body }) => body.status === 'running' && body.versions_running === 2,
    );
    const shown = await control(`${path}/versions/${name}`);
    expect(shown).toMatchObject({ status: 200, body: { name, traffic: 0 } });
    const { body: made } = await control(`${path}/keys`, { body: { name } });
    const asking = (headers = {}) =>
      caller(running.url, made.key)(`/services/${name}/predict`, { body: text, headers });
    expect(await asking()).toMatchObject({ status: 200, body: { service_version: 'v1' } });
    expect((await asking({ 'x-tidegate-version': name })).body.service_version).toBe(name);
    const put = (traffic: object) => control(`${path}/traffic`, { method: 'PUT', body: traffic });
    expect(await put({ [name]: 100 })).toMatchObject({
      status: 200,
      body: { traffic: { [name]: 100 } },
    });
    expect((await asking()).body.service_version).toBe(name);
    expect((await put({ v1: 100 })).status).toBe(200);
    expect((await control(`${path}/versions/${name}/stop`, { method: 'POST' })).status).toBe(200);
    await control(`${path}/stop`, { method: 'POST' });
    await until(
      () => control(path),
      ({ body }) => body.status === 'stopped',
    );
    expect((await control(path, { method: 'DELETE' })).status).toBe(204);
  });

  it('never repeats what was sent, in an answer or in the log', async () => {
    const secret = 'S3CRET-7f3a';
    const bodies = [
      split(`"${secret}"`),
      `{"dataframe_split":{"columns":["${secret}"],"data":[[1]]}}`,
      `{"dataframe_split":{"columns":["${secret}","${secret}"],"data":[[1,1]]}}`,
      `{"${secret}":1`,
      `{"instances":"${secret}"}`,
      `{"instances":[{"${secret}":"${secret}"}]}`,
      `{"client_request_id":["${secret}"],${text.slice(1)}`,
      `{"params":"${secret}",${text.slice(1)}`,
    ];
    for (const body of bodies) expect((await predict(body)).text).not.toContain(secret);
    for (const body of [
      `${secret}\n${secret}`,
      `"${secret}`,
      csv.replace(/\n[^,]*/, `\n${secret}`),
    ]) {
      const { status, text: told } = await asCsv(body);
      expect(status).toBe(400);
      expect(told).not.toContain(secret);
    }
    const inputs = [{ name: secret, shape: [1], datatype: secret, data: [secret] }];
    expect((await infer({ inputs, id: 'x' })).text).not.toContain(secret);
    for (const header of ['x-tidegate-version', 'content-type', 'content-encoding', 'x-api-key']) {
      expect((await predict(text, { [header]: secret })).text).not.toContain(secret);
    }
    const control = caller(running.url, running.token);
    for (const body of [`{"name":"${secret}"}`, `{"${secret}":1`, `{"name":"ok","${secret}":1}`]) {
      expect((await control('/api/services', { body })).status).toBe(400);
    }
    expect(running.output()).not.toContain(secret);
  });

  it('several at a time on one connection, each with its own answer', async () => {
    const line = await connectTo(running.url);
    const post = (body: string) => requestText('POST', '/services/wine/predict', [], body);
    const bodies = [text, '{', text, '[]', '['.repeat(100_000), text];
    line.write(bodies.map(post).join(''));
    const statuses: (number | undefined)[] = [];
    for (const _ of bodies) statuses.push((await line.answer())?.status);
    expect(statuses).toEqual([200, 400, 200, 400, 400, 200]);
  });
});
