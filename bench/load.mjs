// A load generator on raw sockets: `node load.mjs '<json options>'`, one JSON line of figures on stdout.
// Every answer is checked; one wrong answer voids the run.
import { connect } from 'node:net';

const { port, path, body, headers, connections, seconds, rate, expected } = JSON.parse(
  process.argv[2],
);
const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
const request = Buffer.from(
  `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1\r\n${head.join('')}content-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
);
const figures = { answers: 0, wrong: 0, latencies: [], shares: [] };
const end = performance.now() + seconds * 1000;

/** Float32 answers differ in their last digits from a double's text: compare as numbers. */
const isRight = (text) => {
  const { predictions } = JSON.parse(text);
  return (
    predictions.length === expected.length &&
    predictions.every(
      (value, row) => Math.abs(value - expected[row]) <= 1e-4 + 1e-4 * Math.abs(value),
    )
  );
};
const right = new Map();
/** Most answers hold the same text of predictions: what was checked once is known. */
const check = (text) => {
  const predictions = text.slice(0, text.indexOf(']') + 1);
  const known = right.get(predictions) ?? isRight(text);
  right.set(predictions, known);
  return known;
};

const share = (header) => {
  const found = /total;dur=([\d.]+), model;dur=([\d.]+)/.exec(header);
  if (found) figures.shares.push(Number(found[1]) - Number(found[2]));
};

const open = (index) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let sentAt = 0;
    let pending = '';
    const waiting = [];
    let busy = false;
    const finish = () => {
      socket.destroy();
      resolve();
    };
    const next = () => {
      const now = performance.now();
      if (now > end) return finish();
      busy = true;
      sentAt = rate ? waiting.shift() : now;
      socket.write(request);
    };
    socket.on('data', (chunk) => {
      pending += chunk.toString('latin1');
      const split = pending.indexOf('\r\n\r\n');
      if (split === -1) return;
      const header = pending.slice(0, split);
      const length = Number(/content-length: (\d+)/i.exec(header)?.[1]);
      if (pending.length < split + 4 + length) return;
      const text = pending.slice(split + 4, split + 4 + length);
      pending = '';
      figures.answers += 1;
      if (!header.startsWith('HTTP/1.1 200') || !check(text)) figures.wrong += 1;
      figures.latencies.push(performance.now() - sentAt);
      if (rate) share(header);
      busy = false;
      if (!rate || waiting.length > 0) next();
    });
    socket.on('error', reject);
    socket.on('connect', () => {
      if (!rate) return next();
      // Open loop: requests are due at their times, whether or not the one before was answered.
      const gap = (1000 * connections) / rate;
      let due = performance.now() + (gap * index) / connections;
      const tick = () => {
        const now = performance.now();
        if (now > end) return finish();
        for (; due <= now; due += gap) waiting.push(due);
        if (!busy && waiting.length > 0) next();
        setTimeout(tick, Math.max(0, due - performance.now()));
      };
      tick();
    });
  });

await Promise.all(Array.from({ length: connections }, (_, index) => open(index)));
const at = (values, share) =>
  values.sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
console.log(
  JSON.stringify({
    answers: figures.answers,
    wrong: figures.wrong,
    p50: at(figures.latencies, 0.5),
    p99: at(figures.latencies, 0.99),
    share50: at(figures.shares, 0.5),
    share99: at(figures.shares, 0.99),
  }),
);
