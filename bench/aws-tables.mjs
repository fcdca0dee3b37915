// `npm run bench:aws-tables -- <folder>`: the statements for Athena on Trino 406, from hourly GZIP objects to
// labelled rows. A wrong count or sum voids the run. The folder is what `tables-etl.mjs prepare` makes of the
// log of analytics.py (200,000 requests, 980,000 rows, 587,000 labels).
//   node bench/aws-tables.mjs <folder> [--hours 24] [--label-hours 4]
// A build takes in so many hours of arrival at once; the AWS home takes in a quarter of one. Trino has a heap
// of 1.2 GB and one writer (infra-tests/trino/start.ts): wall time says little about Athena, that it fits a lot.
import { createReadStream, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { require as load } from 'tsx/cjs/api';
import { median } from './tables-parts.mjs';

const { startTrino } = load('../infra-tests/trino/start.ts', import.meta.url);
const { trinoClient } = load('../infra-tests/trino/client.ts', import.meta.url);
const { releases } = load('../infra-tests/trino/releases.ts', import.meta.url);
const testing = (name) => load(`../adapters/aws/athena/testing/${name}.ts`, import.meta.url);
const { openTrinoTables } = testing('trino-tables');
const { describedOf } = testing('described');
const { itemNeeds } = testing('item-needs');
const { runSteps, runStatement } = testing('run-steps');
const { storedLine } = testing('stored-line');
const { buildItem } = load('../adapters/aws/athena/build-item.ts', import.meta.url);

const VERSION = '406';
const RECEIVED = '2026-01-31';
const FEATURES = [
  ...['fixed_acidity', 'volatile_acidity', 'citric_acid', 'residual_sugar', 'chlorides'],
  ...['free_sulfur_dioxide', 'total_sulfur_dioxide', 'density', 'pH', 'sulphates', 'alcohol'],
];
const WINE = {
  ...{ model: 'wine', version: 1 },
  inputs: Object.fromEntries(FEATURES.map((name) => [name, 'double'])),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    hours: { type: 'string', default: '24' },
    'label-hours': { type: 'string', default: '4' },
  },
});
const [folder] = positionals;
if (!folder) throw new Error('which folder? See the head of this file');

/** Megabytes of a text of Trino's, such as `1.5GB`. */
const megabytes = (text) => {
  const [, number = '0', unit = 'B'] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  return (Number(number) * { B: 1, kB: 2 ** 10, MB: 2 ** 20, GB: 2 ** 30 }[unit]) / 2 ** 20;
};
const seconds = (text) => {
  const [, number = '0', unit = 's'] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  return Number(number) * { ns: 1e-9, us: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }[unit];
};

const trino = await startTrino({ version: VERSION, isMeasured: true });
process.once('exit', () => {
  try {
    process.kill(trino.pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
});
const client = () => trinoClient(trino.url, { catalog: 'iceberg' });
const described = await describedOf({ wine: [WINE] });
const tables = await openTrinoTables(
  { version: VERSION, url: () => trino.url, locationOf: releases[VERSION].locationOf, client },
  described,
);
const { database } = tables.places;

/** What Trino says of the statement that ended last. */
const lastQuery = async () => {
  const response = await fetch(`${trino.url}/v1/query`, { headers: { 'x-trino-user': 'test' } });
  const queries = await response.json();
  const newest = queries.toSorted((one, other) => (one.queryId < other.queryId ? 1 : -1))[0];
  const { peakUserMemoryReservation, totalCpuTime, physicalInputDataSize } = newest.queryStats;
  return {
    peak: megabytes(peakUserMemoryReservation),
    cpu: seconds(totalCpuTime),
    read: megabytes(physicalInputDataSize ?? '0B'),
  };
};

const figures = new Map();
const build = async (item) => {
  const needs = itemNeeds(tables.places, described.get('wine'), RECEIVED);
  const { report } = await runSteps(buildItem(needs, item), async (statement) => {
    const startedAt = performance.now();
    const result = await runStatement(tables.run, statement);
    const wall = (performance.now() - startedAt) / 1000;
    const name = `${item.kind}: ${statement.step}`;
    const one = { wall, ...(await lastQuery()) };
    figures.set(name, [...(figures.get(name) ?? []), one]);
    console.error(`${name} ${wall.toFixed(1)} s, at most ${one.peak.toFixed(0)} MB`);
    return result;
  });
  return report;
};
const same = (got, wanted, what) => {
  const differs = Math.abs(Number(got) - wanted) > 1e-9 * Math.abs(wanted);
  if (differs) throw new Error(`void: ${what} is ${got} instead of ${wanted}`);
};
const chunks = (all, size) =>
  Array.from({ length: Math.ceil(all.length / size) }, (_, n) =>
    all.slice(n * size, (n + 1) * size),
  );

/** An hour's object, with what its lines should come to. */
const arriveHour = async (file) => {
  const [, date, hour] = /^(\d{8})T(\d\d)/.exec(file).map((part) => part);
  const day = `${date.slice(0, 4)}-${date.slice(4, 6)}-${date.slice(6)}`;
  const lines = [];
  for await (const line of createInterface({
    input: createReadStream(join(folder, 'data/capture', file)),
  })) {
    const { status_code, request, response } = JSON.parse(line);
    lines.push(storedLine(line));
    expected.requests += 1;
    if (status_code !== 200) continue;
    const alcohol = request.dataframe_split.columns.indexOf('alcohol');
    for (const [n, row] of request.dataframe_split.data.entries()) {
      expected.rows += 1;
      expected.alcohol += row[alcohol] ?? 0;
      expected.prediction += response.predictions[n];
    }
  }
  await tables.arrive('requests', ['wine', day, hour], 'a.gz', lines);
  return { day, hour };
};
const expected = { requests: 0, rows: 0, alcohol: 0, prediction: 0, labels: 0, label: 0 };

const files = readdirSync(join(folder, 'data/capture')).toSorted();
const hours = [];
for (const file of files) {
  hours.push(await arriveHour(file));
}
const bytes = files.reduce(
  (sum, file) => sum + statSync(join(folder, 'data/capture', file)).size,
  0,
);
console.log(
  `${expected.requests} requests, ${expected.rows} rows, ${(bytes / 1e6).toFixed(0)} MB as text, in ${hours.length} hourly objects`,
);
const startedAt = performance.now();
const reports = [];
for (const [date, ofDay] of Map.groupBy(hours, ({ day }) => day)) {
  for (const some of chunks(ofDay, Number(values.hours))) {
    const item = { kind: 'requests', service: 'wine', date, hours: some.map(({ hour }) => hour) };
    reports.push(await build(item));
  }
}
const rowsWall = (performance.now() - startedAt) / 1000;
same(
  reports.reduce((sum, { rows }) => sum + rows, 0),
  expected.rows,
  'rows written',
);
same(
  reports.reduce((sum, { errors }) => sum + errors, 0),
  0,
  'errors',
);

const batches = readdirSync(join(folder, 'labels')).toSorted();
for (const [n, file] of batches.entries()) {
  const hour = String(n % 24).padStart(2, '0');
  const received = `${RECEIVED}T${hour}:00:00.000Z`;
  const text = readFileSync(join(folder, 'labels', file), 'utf8').trimEnd();
  const lines = text.split('\n').map((line) => {
    const label = JSON.parse(line);
    expected.labels += 1;
    expected.label += Number(label.label);
    return JSON.stringify({ ...label, received_at: received, labelled_at: received });
  });
  await tables.arrive('labels', ['wine', RECEIVED, hour], file, lines);
}
const labelsStartedAt = performance.now();
let labelled = 0;
const all = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));
for (const some of chunks(all, Number(values['label-hours']))) {
  const report = await build({ kind: 'labels', service: 'wine', date: RECEIVED, hours: some });
  labelled += report.labelled;
}
const labelsWall = (performance.now() - labelsStartedAt) / 1000;

const { rows } =
  await tables.run(`SELECT count(*), count(DISTINCT example_id), sum(alcohol), sum(prediction),
  count(label), sum(label) FROM "${database}"."wine"`);
const [count, distinct, alcohol, prediction, labels, label] = rows[0];
same(count, expected.rows, 'the number of rows');
same(distinct, expected.rows, 'the number of examples');
same(alcohol, expected.alcohol, 'the sum of a feature');
same(prediction, expected.prediction, 'the sum of predictions');
same(labels, expected.labels, 'the number of labels');
same(labelled, expected.labels, 'the number of rows that were labelled');
same(label, expected.label, 'the sum of labels');
const { rows: stored } = await tables.run(
  ['requests', 'wine', 'labels']
    .map(
      (name) =>
        `SELECT '${name}', count(*), sum(file_size_in_bytes) FROM "${database}"."${name}$files"`,
    )
    .join(' UNION ALL '),
);

console.log(
  `rows after ${rowsWall.toFixed(0)} s, labels after another ${labelsWall.toFixed(0)} s; every count and sum is right`,
);
console.log(
  '\nstatement                       times   wall s, median and most   CPU s, median   MB of memory at most   MB read, median',
);
for (const [name, list] of figures) {
  const of = (key) => list.map((one) => one[key]);
  const cells = [
    name.padEnd(32),
    String(list.length).padStart(5),
    `${median(of('wall')).toFixed(1)} ${Math.max(...of('wall')).toFixed(1)}`.padStart(26),
    median(of('cpu')).toFixed(1).padStart(16),
    Math.max(...of('peak'))
      .toFixed(0)
      .padStart(23),
    median(of('read')).toFixed(1).padStart(18),
  ];
  console.log(cells.join(''));
}
console.log('\ntable, files, MB');
for (const [name, number, size] of stored)
  console.log(`${name} ${number} ${(Number(size) / 1e6).toFixed(0)}`);
tables.close();
await trino.stop();
