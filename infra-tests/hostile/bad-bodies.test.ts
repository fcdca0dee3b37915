import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { gzipSync } from 'node:zlib';
import { wineBody } from '../support/wine';
import {
  columns,
  csv,
  MAX,
  platformForBodies,
  record,
  refused,
  row,
  split,
  text,
} from './platform-for-bodies';
import { connectTo, expectProblem, requestText, sendRaw } from './raw-socket';

describe('bodies that mean harm', () => {
  const { running, call, operator, predict, asCsv, infer } = platformForBodies();
  const memory = (): number =>
    Number(
      /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${running().process.pid}/status`, 'utf8'))?.[1],
    );

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
        running().url,
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
    const kept = await operator(`/api/services/wine/requests/${body.request_id}`);
    expect(JSON.parse(kept.body.request)).toEqual(wineBody);
    expect(kept.body.request.match(/dataframe_split/g)).toHaveLength(1);
    await refused(predict(`${text.slice(0, -1)},"dataframe_split":{}}`), 'invalid-input');
  });

  it('of exactly 4,000,000 bytes and of one more, with a length or in chunks', async () => {
    const padded = (size: number): string => text + ' '.repeat(size - Buffer.byteLength(text));
    const chunked = (body: string) =>
      new Promise<number>((resolve, reject) => {
        const url = `${running().url}/services/wine/predict`;
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
    const large = JSON.stringify({ name: 'x'.repeat(MAX) });
    await refused(operator('/api/services', { body: large }), 'body-too-large', 413);
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
    const zipped = await sendRaw(running().url, `${raw}0\r\n\r\n`);
    expectProblem(zipped, 400, 'malformed-body');
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
      sendRaw(running().url, requestText('POST', '/services/wine/predict', headers, text));
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
        running().url,
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
    for (const body of [`{"name":"${secret}"}`, `{"${secret}":1`, `{"name":"ok","${secret}":1}`]) {
      expect((await operator('/api/services', { body })).status).toBe(400);
    }
    expect(running().output()).not.toContain(secret);
  });

  it('several at a time on one connection, each with its own answer', async () => {
    const line = await connectTo(running().url);
    const post = (body: string) => requestText('POST', '/services/wine/predict', [], body);
    const bodies = [text, '{', text, '[]', '['.repeat(100_000), text];
    line.write(bodies.map(post).join(''));
    const statuses: (number | undefined)[] = [];
    for (const _ of bodies) statuses.push((await line.answer())?.status);
    expect(statuses).toEqual([200, 400, 200, 400, 400, 200]);
  });
});
