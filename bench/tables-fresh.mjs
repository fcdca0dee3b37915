// How soon a prediction is a row, and what the builder costs those who ask meanwhile.
import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { cpuOf, median, quantile, root, startPlatform } from './tables-parts.mjs';
import { answersTo } from './wine-answers.mjs';

const ROWS = 5;
const LOOK_MS = 100;
const CONNECTIONS = 16;

const lines = readFileSync(join(root, 'examples/wine/winequality-red.csv'), 'utf8')
  .trim()
  .split('\n');
const columns = lines[0].replaceAll('"', '').split(',').slice(0, 11);
const rows = lines.slice(1, ROWS + 1).map((line) => line.split(',').slice(0, 11).map(Number));
const bodyOf = (count) =>
  JSON.stringify({ dataframe_split: { columns, data: rows.slice(0, count) } });

/** Sends at a rate; `answered` gets each id and how many milliseconds its answer took. */
const send = async ({ url, key }, { rate, seconds, answered }) => {
  const agent = new Agent({ keepAlive: true, maxSockets: 32 });
  const body = bodyOf(ROWS);
  const headers = {
    'x-api-key': key,
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(body),
  };
  const one = () =>
    new Promise((resolve, reject) => {
      const askedAt = performance.now();
      const asked = request(`${url}/services/wine/predict`, { method: 'POST', agent, headers });
      asked.on('error', reject);
      asked.on('response', (response) => {
        response.resume();
        response.on('end', () => {
          if (response.statusCode !== 200) reject(new Error(`void: ${response.statusCode}`));
          answered(response.headers['x-request-id'], performance.now() - askedAt);
          resolve();
        });
      });
      asked.end(body);
    });
  const startedAt = performance.now();
  const sent = [];
  for (let done = 0; done < rate * seconds; ) {
    const due = Math.min(rate * seconds, ((performance.now() - startedAt) / 1000) * rate);
    for (; done < due; done += 1) sent.push(one());
    await sleep(2);
  }
  await Promise.all(sent);
  agent.destroy();
};

/** An id of a second before one: what was asked later may be answered earlier. */
const before = (id) => {
  const time = Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) - 1_000;
  const stamp = time.toString(16).padStart(12, '0');
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}`;
};

/** Looks again and again with `idsFrom(oldest)` until every answer was seen; answers the delays. */
const watch = async (answers, isOver, idsFrom) => {
  const pending = new Map();
  const delays = [];
  let taken = 0;
  const end = () => isOver() && taken === answers.length && pending.size === 0;
  for (let last = performance.now(); !end(); ) {
    for (; taken < answers.length; taken += 1) pending.set(...answers[taken]);
    // Ids are made in order, and answers come nearly so.
    const [oldest] = pending.keys();
    if (pending.size > 0) {
      const found = await idsFrom(oldest);
      const seenAt = performance.now();
      for (const id of found) {
        const answeredAt = pending.get(id);
        if (answeredAt === undefined) continue;
        delays.push(seenAt - answeredAt);
        pending.delete(id);
        last = seenAt;
      }
      if (isOver() && seenAt - last > 30_000) throw new Error(`void: ${pending.size} never seen`);
    }
    await sleep(LOOK_MS);
  }
  return delays;
};

export const freshness = async ({ home, seconds, rate }) => {
  const platform = await startPlatform(join(home, 'fresh'));
  const table = join(platform.data, 'tables/wine');
  const options = { threads: '1', enable_external_file_cache: 'false' };
  const duck = await (await DuckDBInstance.create(':memory:', options)).connect();
  let again = 0;
  const answers = [];
  let isOver = false;
  const answered = (id) => answers.push([id, performance.now()]);
  const builder = platform.tablesPid('build');
  const used = () => [cpuOf(platform.pid), cpuOf(builder)];
  const [servedBefore, builtBefore] = used();
  const [inSql, inFiles] = await Promise.all([
    watch(
      answers,
      () => isOver,
      async (oldest) => {
        const found = await platform.sql(
          `SELECT request_id FROM inference.wine WHERE row_index = ${ROWS - 1} AND request_id > '${before(oldest)}'
         ORDER BY request_id LIMIT 10000`,
        );
        return found.map(([id]) => id);
      },
    ),
    watch(
      answers,
      () => isOver,
      async (oldest) => {
        if (!existsSync(table)) return [];
        const found = await duck
          .runAndReadAll(
            `SELECT request_id FROM read_parquet('${table}/*/*.parquet', hive_partitioning = true, union_by_name = true)
           WHERE row_index = ${ROWS - 1} AND request_id > '${before(oldest)}'`,
          )
          .catch(() => null);
        // DuckDB looks at a file and opens it: a part that is replaced in between is an error, and comes again.
        if (found === null) {
          again += 1;
          return [];
        }
        return found.getRows().map(([id]) => id);
      },
    ),
    send(platform, { rate, seconds, answered }).finally(() => {
      isOver = true;
    }),
  ]);
  const [served, built] = used();
  await platform.refresh();
  const [[count, examples]] = await platform.sql(
    'SELECT count(*), count(DISTINCT example_id) FROM inference.wine',
  );
  if (count !== rate * seconds * ROWS || examples !== count) {
    throw new Error(`void: ${count} rows, ${examples} examples of ${answers.length} answers`);
  }
  await platform.stop();
  console.log(
    `\nFreshness: ${rate} requests/s with ${ROWS} rows for ${seconds} s, looked for every ${LOOK_MS} ms`,
  );
  for (const [name, delays] of [
    ['in SQL', inSql],
    ['in Parquet', inFiles],
  ]) {
    const [p50, p99, most] = [quantile(delays, 0.5), quantile(delays, 0.99), Math.max(...delays)];
    console.log(
      `  ${name}: p50 ${p50.toFixed(0)} ms, p99 ${p99.toFixed(0)} ms, longest ${most.toFixed(0)} ms`,
    );
  }
  console.log(`  the bench's DuckDB read again ${again} times, for a part was replaced under it`);
  const share = (ms) => ((ms / (seconds * 1000)) * 100).toFixed(0);
  console.log(
    `  CPU: builder ${share(built - builtBefore)} % of a core, serving ${share(served - servedBefore)} %`,
  );
};

/** Runs `measure('on')` and `measure('off')` in turns; its process is stopped by SIGSTOP for 'off'. */
const builderOnAndOff = async (platform, rounds, measure) => {
  const cells = { on: [], off: [] };
  for (let round = 0; round < rounds; round += 1) {
    for (const state of round % 2 === 0 ? ['on', 'off'] : ['off', 'on']) {
      const builder = platform.tablesPid('build');
      if (state === 'off') process.kill(builder, 'SIGSTOP');
      const before = [cpuOf(platform.pid), cpuOf(builder)];
      const { answers, ...figures } = await measure().finally(() => {
        if (state === 'off') process.kill(builder, 'SIGCONT');
      });
      const served = cpuOf(platform.pid) - before[0];
      await platform.refresh();
      const built = cpuOf(builder) - before[1];
      const micros = (ms) => (ms / answers) * 1000;
      cells[state].push({ answers, ...figures, served: micros(served), built: micros(built) });
    }
  }
  return (state, key) => median(cells[state].map((cell) => cell[key]));
};

/** How long predictions take at a rate with the builder on, and with its process stopped. */
export const latency = async ({ home, rounds, rate, seconds }) => {
  const platform = await startPlatform(join(home, 'latency'));
  const measure = async () => {
    const took = [];
    await send(platform, { rate, seconds, answered: (_id, ms) => took.push(ms) });
    const mean = took.reduce((sum, ms) => sum + ms, 0) / took.length;
    return { answers: took.length, mean, p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
  };
  await measure();
  const of = await builderOnAndOff(platform, rounds, measure);
  await platform.stop();
  console.log(`\nPredictions at ${rate} requests/s with ${ROWS} rows, ${seconds} s a round`);
  for (const state of ['on', 'off']) {
    console.log(
      `  builder ${state}: mean ${of(state, 'mean').toFixed(2)} ms, p50 ${of(state, 'p50').toFixed(2)} ms, p99 ${of(state, 'p99').toFixed(2)} ms, ${of(state, 'served').toFixed(0)} µs CPU a request served`,
    );
  }
};

/** Predictions at saturation with the builder on, and with its process stopped. */
export const slowDown = async ({ home, rounds, loadSeconds }) => {
  const onOne = ['taskset', '-c', '0'];
  const platform = await startPlatform(join(home, 'slow'), onOne);
  const expected = await answersTo(rows);
  const load = async (count, duration) => {
    const said = {
      ...{ port: Number(new URL(platform.url).port), path: '/services/wine/predict' },
      ...{ headers: { 'x-api-key': platform.key }, body: bodyOf(count) },
      ...{ connections: CONNECTIONS, seconds: duration, expected: expected.slice(0, count) },
    };
    const args = ['-c', '1', process.execPath, join(root, 'bench/load.mjs'), JSON.stringify(said)];
    const figures = JSON.parse((await promisify(execFile)('taskset', args)).stdout);
    if (figures.wrong > 0) throw new Error(`void: ${figures.wrong} wrong answers`);
    return figures;
  };
  console.log('\nPredictions at saturation (serving and builder on one core, load on the other)');
  for (const count of [1, ROWS]) {
    await load(count, 1);
    await platform.refresh();
    const of = await builderOnAndOff(platform, rounds, () => load(count, loadSeconds));
    for (const state of ['on', 'off']) {
      // Stopped, it built what was left only afterwards.
      const built = state === 'on' ? `, ${of(state, 'built').toFixed(0)} µs built` : '';
      console.log(
        `  ${count} rows, builder ${state}: ${(of(state, 'answers') / loadSeconds).toFixed(0)} requests/s, ${of(state, 'served').toFixed(0)} µs CPU a request served${built}, p99 ${of(state, 'p99').toFixed(1)} ms`,
      );
    }
  }
  await platform.stop();
};
