// The builder on the log of an outside benchmark (analytics.py, which verifies every cell):
//   tables-etl.mjs prepare <cap.jsonl> <labels.csv> <folder>   once: segments, batches, records
//   tables-etl.mjs build <folder> <out.parquet> [trace]        what is timed; prints {"inner", "cpu", "rss"}
// Ids there have no time in them: a UUIDv7 is made of the request's time and the id's last 48 bits, from
// which the id is given back. Labels are sent after the log was built, as labels are, in calls of 10,000.
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { DuckDBInstance } from '@duckdb/node-api';
import build from '../bin/build.mjs';
import { emptyData, longest, tablesProcess, timed } from './tables-parts.mjs';

const HOUR = 3_600_000;
const STEP_MS = 3_000;
const FIRST = Date.parse('2026-01-01T00:00:00Z');
const BATCH = 10_000;
const hex = (value, digits) => value.toString(16).padStart(digits, '0');

/** `00000000-0000-0000-0000-0000000000ff` as a UUIDv7 of a time. */
const timedId = (id, time) => {
  const stamp = hex(time, 12);
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-${id.slice(24)}`;
};

const lineOf = (given) => {
  const time = Date.parse(`${given.request_time}Z`);
  const request_id = timedId(given.wedata_request_id, time);
  const request = JSON.stringify(given.request);
  const response = JSON.stringify(given.response);
  const iso = new Date(time).toISOString();
  const head = {
    ...{ request_id, client_request_id: given.client_request_id, request_time: iso },
    ...{ service: 'wine', service_version: 'v1', model_name: 'wine', model_version: 1 },
    ...{ requester: given.requester, client_ip: null, role: 'primary', primary_request_id: null },
    ...{ split_key_hash: null, status_code: given.status_code },
    error_type: given.status_code === 200 ? null : 'internal',
    ...{ execution_duration_ms: given.execution_duration_ms, model_duration_ms: null },
    ...{ sampling_fraction: given.sampling_fraction, request_format: 'dataframe_split' },
    ...{ row_count: given.request.dataframe_split.data.length, request_bytes: request.length },
    ...{ response_bytes: response.length, spill_uri: null, request_date: iso.slice(0, 10) },
  };
  const text = JSON.stringify(head).slice(0, -1);
  // Tabs stand around bodies in the capture log.
  return { time, line: `${text}\t,"request":\t${request}\t,"response":\t${response}\t}\n` };
};

const prepareLog = async (file, folder) => {
  let sequence = 0;
  let begun = Number.NEGATIVE_INFINITY;
  let segment;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    const { time, line } = lineOf(JSON.parse(text));
    if (time >= begun + HOUR) {
      segment?.end();
      begun = time;
      sequence += 1;
      const stamp = new Date(time).toISOString().replaceAll(/[-:.]/g, '');
      segment = createWriteStream(
        join(folder, `${stamp}-${String(sequence).padStart(8, '0')}.ndjson`),
      );
    }
    if (!segment.write(line)) await new Promise((resolve) => segment.once('drain', resolve));
  }
  await new Promise((resolve) => segment.end(resolve));
};

const prepareLabels = async (file, folder) => {
  const received_at = new Date(FIRST + 30 * 24 * HOUR).toISOString();
  let lines = [];
  let batches = 0;
  const flush = () => {
    const batch_id = hex(batches, 32);
    const text = lines.map((line, position) => JSON.stringify({ ...line, batch_id, position }));
    writeFileSync(join(folder, `${batch_id}.ndjson`), `${text.join('\n')}\n`);
    batches += 1;
    lines = [];
  };
  let first = true;
  for await (const text of createInterface({ input: createReadStream(file) })) {
    if (first) {
      first = false;
      continue;
    }
    const [, id, row, label] = /^(.{36})#(\d+),(.*)$/.exec(text);
    const example_id = `${timedId(id, FIRST + Number(`0x${id.slice(24)}`) * STEP_MS)}-${row}`;
    const times = { labelled_at: received_at, received_at };
    lines.push({ service: 'wine', example_id, name: 'label', label, ...times });
    if (lines.length === BATCH) flush();
  }
  if (lines.length > 0) flush();
};

const prepare = async (log, labels, folder) => {
  rmSync(folder, { recursive: true, force: true });
  await build();
  await emptyData(folder);
  mkdirSync(join(folder, 'labels'));
  await prepareLog(log, join(folder, 'data/capture'));
  await prepareLabels(labels, join(folder, 'labels'));
};

/** What analytics.py compares: its own names and ids. */
const export_ = async (data, out) => {
  const duck = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  await duck.run(`COPY (
    SELECT '00000000-0000-0000-0000-' || request_id[25:] || '#' || row_index AS example_id,
      client_request_id, execution_duration_ms, request_time, requester, sampling_fraction,
      model_name || '_' || model_version AS model_id, prediction, label, fixed_acidity,
      volatile_acidity, citric_acid, residual_sugar, chlorides, free_sulfur_dioxide,
      total_sulfur_dioxide, density, ph AS "pH", sulphates, alcohol
    FROM read_parquet('${data}/tables/wine/*/*.parquet', hive_partitioning = true, union_by_name = true)
  ) TO '${out}' (FORMAT parquet, COMPRESSION zstd)`);
};

const run = async (folder, out, trace) => {
  const data = `${folder}/run`;
  rmSync(data, { recursive: true, force: true });
  // The log is the builder's to read, and with retention to shorten.
  cpSync(join(folder, 'data'), data, { recursive: true });
  // A platform's builder is up before anything is captured.
  const ready = `${data}/capture.ready`;
  renameSync(`${data}/capture`, ready);
  mkdirSync(`${data}/capture`);
  const builder = tablesProcess('build', data, trace);
  await builder.catchUp();
  // What was copied is not the builder's to write.
  execFileSync('sync');
  const startedAt = performance.now();
  renameSync(ready, `${data}/capture`);
  const rows = await timed(builder, builder.catchUp);
  // All at once: of batches that trickle in each step merges what has come.
  cpSync(join(folder, 'labels'), `${data}/labels.new`, { recursive: true });
  rmSync(`${data}/labels`, { recursive: true, force: true });
  execFileSync('sync');
  renameSync(`${data}/labels.new`, `${data}/labels`);
  const labels = await timed(builder, builder.catchUp);
  const inner = (performance.now() - startedAt) / 1000;
  const [cpu, rss] = [builder.cpuMs() / 1000, builder.peakMb()];
  await builder.stop();
  if (trace) for (const line of longest(trace)) console.error(line);
  await export_(data, out);
  const phases = {
    ...{ rows_wall: rows.wall / 1000, rows_cpu: rows.cpu / 1000 },
    ...{ labels_wall: labels.wall / 1000, labels_cpu: labels.cpu / 1000 },
  };
  console.log(JSON.stringify({ inner, builder_cpu: cpu, builder_rss: rss, ...phases }));
};

const [mode, ...args] = process.argv.slice(2);
if (mode === 'prepare') await prepare(...args);
else if (mode === 'build') await run(...args);
else throw new Error('prepare or build');
