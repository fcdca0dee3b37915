// The floor: the same work with no platform around it. node:http, JSON.parse, onnxruntime-node's public
// API, strict checks, one captured line per request. No keys, no ids but a UUID, no versions.
import { randomUUID } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import http from 'node:http';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const { MODEL, PORT, LOG } = process.env;
const log = createWriteStream(LOG, { flags: 'a' });
const session = await InferenceSession.create(MODEL, {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: 'sequential',
});
const [input] = session.inputNames;
const [output] = session.outputNames;

const send = (response, code, body) => {
  response.writeHead(code, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
};

const predict = async (raw, response) => {
  const rows = JSON.parse(raw).dataframe_split.data;
  const cells = new Float32Array(rows.length * 11);
  let at = 0;
  for (const row of rows) {
    if (!Array.isArray(row) || row.length !== 11) return send(response, 400, '{}');
    for (const value of row) {
      if (typeof value !== 'number') return send(response, 400, '{}');
      cells[at++] = value;
    }
  }
  const answer = await session.run({ [input]: new Tensor('float32', cells, [rows.length, 11]) });
  const predictions = JSON.stringify(Array.from(answer[output].data));
  log.write(
    `{"time":${Date.now()},"id":"${randomUUID()}","request":${raw},"response":${predictions}}\n`,
  );
  return send(response, 200, `{"predictions":${predictions}}`);
};

http
  .createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () =>
      predict(Buffer.concat(chunks).toString(), response).catch(() => send(response, 400, '{}')),
    );
  })
  .listen(Number(PORT), '127.0.0.1', () => console.log('is ready'));
