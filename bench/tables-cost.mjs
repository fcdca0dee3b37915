// Cost follows what is new: the same small piece of work on tables of 1, 7 and 30 days of a million
// predictions. The tables are made directly (Parquet by DuckDB, their rows in tables.db by hand, bodies
// and values from a hash): building 30 million predictions would take minutes and measure nothing here.
// The last day's last part is half full, as it is on average.
import {
  appendFileSync,
  cpSync,
  linkSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { DuckDBInstance } from '@duckdb/node-api';
import { longest, median, startPlatform, tablesProcess, timed } from './tables-parts.mjs';

const FIRST = Date.parse('2026-03-01T00:00:00Z');
const DAY = 86_400_000;
const REQUESTS = 200_000;
const ROWS = 5;
const GAP = DAY / REQUESTS;
const WINE_PART = 100_000;
/** What the builder's limit of 48 MB comes to with bodies of 5 rows. */
const REQUEST_PART = 65_000;
/** A million predictions a day in one minute, in calls of five. */
const MINUTE_CALLS = 139;
const DUCK = {
  string: 'VARCHAR',
  int: 'INTEGER',
  bigint: 'BIGINT',
  double: 'DOUBLE',
  timestamp: 'TIMESTAMP',
};
const FEATURES = [
  ...['fixed_acidity', 'volatile_acidity', 'citric_acid', 'residual_sugar', 'chlorides'],
  ...['free_sulfur_dioxide', 'total_sulfur_dioxide', 'density', 'pH', 'sulphates', 'alcohol'],
];
const dateOf = (day) => new Date(FIRST + day * DAY).toISOString().slice(0, 10);
const idAt = (time, i) => {
  const stamp = time.toString(16).padStart(12, '0');
  return `${stamp.slice(0, 8)}-${stamp.slice(8)}-7000-8000-${i.toString(16).padStart(12, '0')}`;
};

/** SQL of columns of request `i` of a day, or of row `j` of it. */
const valuesOf = (day) => {
  const time = `(${FIRST + day * DAY} + i * ${GAP})`;
  const hex = (value, digits) => `lpad(lower(to_hex(${value})), ${digits}, '0')`;
  const id = `left(${hex(time, 12)}, 8) || '-' || right(${hex(time, 12)}, 4) || '-7000-8000-' || ${hex('i', 12)}`;
  const cell = (row, k) => `(hash((${row}) * 11 + ${k}) % 100000) / 10000.0`;
  const names = FEATURES.map((name) => `"${name}"`).join(',');
  return {
    request_id: id,
    example_id: `${id} || '-' || j`,
    row_index: 'j',
    client_request_id: `'c' || i`,
    request_time: `epoch_ms(${time}::BIGINT)`,
    ...{ service: `'wine'`, service_version: `'v1'`, model_name: `'wine'`, model_version: '1' },
    ...{ requester: `'bench'`, role: `'primary'`, status_code: '200', sampling_fraction: '1' },
    execution_duration_ms: '0.4 + (hash(i) % 1000) / 1000.0',
    model_duration_ms: '0.1 + (hash(i) % 100) / 1000.0',
    ...{ request_format: `'dataframe_split'`, row_count: `${ROWS}` },
    request: `'{"dataframe_split":{"columns":[${names}],"data":' || to_json(list_transform(range(${ROWS}),
      lambda r: list_transform(range(11), lambda k: ${cell(`i * ${ROWS} + r`, 'k')}))) || '}}'`,
    response: `'{"predictions":' || to_json(list_transform(range(${ROWS}), lambda r: 4 + ${cell(`i * ${ROWS} + r`, 12)} / 3)) || '}'`,
    ...{ request_bytes: '600', response_bytes: '200' },
    ...Object.fromEntries(
      FEATURES.map((name, k) => [name.toLowerCase(), cell(`i * ${ROWS} + j`, k)]),
    ),
    prediction: `4 + ${cell(`i * ${ROWS} + j`, 12)} / 3`,
  };
};

const makeTables = async (folder, days) => {
  const platform = await startPlatform(folder);
  const { items } = await platform.call('/api/tables');
  await platform.stop();
  const { data } = platform;
  for (const gone of ['capture', 'tables'])
    rmSync(join(data, gone), { recursive: true, force: true });
  mkdirSync(join(data, 'capture'));
  const db = new DatabaseSync(join(data, 'tables.db'));
  db.exec('DELETE FROM part; DELETE FROM fact');
  const insert = db.prepare(
    `INSERT INTO part (name, date, number, rows, bytes, first_id, last_id, shape)
     VALUES (:name, :date, :number, :rows, :bytes, :first, :last, :shape)`,
  );
  const duck = await (await DuckDBInstance.create(':memory:', { threads: '2' })).connect();
  const rowsOf = async (sql) => (await duck.runAndReadAll(sql)).getRowObjectsJS();
  for (const [table, whole, most] of [
    ['wine', REQUESTS * ROWS, WINE_PART],
    ['requests', REQUESTS, REQUEST_PART],
  ]) {
    const all = items.find(({ name }) => name === `inference.${table}`).columns;
    const columns = all.filter(({ name }) => name !== 'request_date');
    const shape = columns.map(({ name, type }) => `${name} ${type}`).join(', ');
    for (let day = 0; day < days; day += 1) {
      const date = dateOf(day);
      mkdirSync(join(data, 'tables', table, `request_date=${date}`), { recursive: true });
      const values = valuesOf(day);
      const cells = columns.map(
        ({ name, type }) => `(${values[name] ?? 'NULL'})::${DUCK[type]} AS "${name}"`,
      );
      const isLast = day === days - 1;
      const end = isLast ? whole - most / 2 : whole;
      for (let from = 0, number = 1; from < end; from += most, number += 1) {
        const source =
          table === 'wine'
            ? `(SELECT (n // ${ROWS}) AS i, (n % ${ROWS}) AS j FROM range(${from}, ${Math.min(end, from + most)}) t(n))`
            : `(SELECT n AS i FROM range(${from}, ${Math.min(end, from + most)}) t(n))`;
        const file = join(
          data,
          'tables',
          table,
          `request_date=${date}`,
          `part-${String(number).padStart(5, '0')}.parquet`,
        );
        await duck.run(
          `COPY (SELECT ${cells.join(', ')} FROM ${source}) TO '${file}' (FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1)`,
        );
        const [found] = await rowsOf(
          `SELECT count(*)::INTEGER AS rows, min(request_id) AS first, max(request_id) AS last FROM '${file}'`,
        );
        const [sizes] = await rowsOf(
          `SELECT sum(total_uncompressed_size)::DOUBLE AS bytes FROM parquet_metadata('${file}')`,
        );
        insert.run({ name: table, date, number, ...found, bytes: Math.round(sizes.bytes), shape });
      }
    }
  }
  db.close();
  return data;
};

/** The last `days` of tables as tables of their own. Parts are never changed in place: links will do. */
const lastDays = (from, to, total, days) => {
  rmSync(to, { recursive: true, force: true });
  cpSync(from, to, { recursive: true, filter: (path) => !path.startsWith(join(from, 'tables/')) });
  for (const table of ['wine', 'requests']) {
    for (let day = total - days; day < total; day += 1) {
      const within = join('tables', table, `request_date=${dateOf(day)}`);
      mkdirSync(join(to, within), { recursive: true });
      for (const file of readdirSync(join(from, within))) {
        linkSync(join(from, within, file), join(to, within, file));
      }
    }
  }
  const db = new DatabaseSync(join(to, 'tables.db'));
  db.prepare('DELETE FROM part WHERE date < ?').run(dateOf(total - days));
  db.close();
};

const minuteOf = (data, day, round) => {
  const start = FIRST + day * DAY + 82_800_000;
  const time = start + round * 60_000;
  const row = FEATURES.map((_, k) => k + 0.5);
  const rows = Array.from({ length: ROWS }, () => row);
  const lines = Array.from({ length: MINUTE_CALLS }, (_, i) => {
    const at = time + i * 400;
    const iso = new Date(at).toISOString();
    return JSON.stringify({
      ...{ request_id: idAt(at, i), client_request_id: null, request_time: iso, service: 'wine' },
      ...{ service_version: 'v1', model_name: 'wine', model_version: 1, requester: 'bench' },
      ...{ client_ip: null, role: 'primary', primary_request_id: null, split_key_hash: null },
      ...{ status_code: 200, error_type: null, execution_duration_ms: 0.5, model_duration_ms: 0.1 },
      ...{ sampling_fraction: 1, request_format: 'dataframe_split', row_count: ROWS },
      ...{
        request_bytes: 600,
        response_bytes: 200,
        spill_uri: null,
        request_date: iso.slice(0, 10),
      },
      request: { dataframe_split: { columns: FEATURES, data: rows } },
      response: { predictions: rows.map(() => 5.5) },
    });
  });
  const stamp = new Date(start).toISOString().replaceAll(/[-:.]/g, '');
  appendFileSync(join(data, 'capture', `${stamp}-00000001.ndjson`), `${lines.join('\n')}\n`);
};

const labelOf = (data, example_id, label, number) => {
  const now = new Date().toISOString();
  const batch_id = number.toString(16).padStart(32, '0');
  const nothing = { request_id: null, client_request_id: null, row_index: null };
  const line = { service: 'wine', example_id, ...nothing, label: JSON.stringify(label) };
  const times = { labelled_at: now, received_at: now };
  mkdirSync(join(data, 'labels'), { recursive: true });
  const file = join(data, 'labels', `${batch_id}.ndjson`);
  writeFileSync(`${file}.tmp`, `${JSON.stringify({ ...line, ...times, batch_id, position: 0 })}\n`);
  renameSync(`${file}.tmp`, file);
};

const same = (got, wanted, what) => {
  if (JSON.stringify(got) !== JSON.stringify(wanted)) {
    throw new Error(`void: ${what} is ${JSON.stringify(got)} instead of ${JSON.stringify(wanted)}`);
  }
};

export const cost = async ({ home, rounds, days: sizes }) => {
  const total = Math.max(...sizes);
  const folder = join(home, 'cost');
  rmSync(folder, { recursive: true, force: true });
  const made = await makeTables(join(folder, 'all'), total);
  const today = total - 1;
  const places = sizes.map((days) => {
    const data = join(folder, `days-${days}`);
    lastDays(made, data, total, days);
    const files = readdirSync(join(data, 'tables'), { recursive: true });
    const trace = join(folder, `trace-${days}.json`);
    return {
      ...{ days, data, trace },
      files: files.filter((name) => name.endsWith('.parquet')).length,
      builder: tablesProcess('build', data, trace),
      queries: tablesProcess('query', data),
      figures: { minute: [], label: [], day: [], one: [] },
    };
  });
  const labelDay = (days) => today - Math.min(6, days - 1);
  for (const place of places) {
    // Warm: a process that has just started has everything still to load.
    await place.builder.catchUp();
    await place.queries.query('SELECT count(*) FROM inference.wine WHERE request_date IS NULL');
  }
  for (let round = 0; round < rounds; round += 1) {
    for (const place of round % 2 === 0 ? places : places.toReversed()) {
      const { days, data, builder, queries, figures } = place;
      const minute = await timed(builder, async () => {
        minuteOf(data, today, round);
        await builder.catchUp();
      });
      figures.minute.push(minute);
      const rows = REQUESTS * ROWS - WINE_PART / 2 + (round + 1) * MINUTE_CALLS * ROWS;
      const day = await timed(queries, () =>
        queries.query(
          `SELECT count(*), round(avg(alcohol), 1), count(DISTINCT service_version) FROM inference.wine WHERE request_date = DATE '${dateOf(today)}'`,
        ),
      );
      same(Number(day.result[0][0]), rows, `rows of the day (${days} days)`);
      figures.day.push(day);
      // Another part each time, within the last day's 190,000 requests.
      const i = (1_000 + round * 40_009) % 190_000;
      const example = `${idAt(FIRST + labelDay(days) * DAY + i * GAP, i)}-2`;
      const label = await timed(builder, async () => {
        labelOf(data, example, round + 3, round);
        await builder.catchUp();
      });
      figures.label.push(label);
      const one = await timed(queries, () =>
        queries.query(`SELECT label FROM inference.wine WHERE example_id = '${example}'`),
      );
      same(one.result, [[round + 3]], 'the label');
      figures.one.push(one);
    }
  }
  console.log('\nCost follows what is new (CPU ms, in brackets wall ms; medians, machine shared)');
  console.log(
    'days   files   one more minute   a query of one day   a label of last week   one row by its id alone',
  );
  for (const { days, files, figures, builder, queries } of places) {
    const cell = (list) =>
      `${median(list.map(({ cpu }) => cpu)).toFixed(0)} (${median(list.map(({ wall }) => wall)).toFixed(0)})`;
    console.log(
      `${String(days).padStart(4)}${String(files).padStart(8)}${cell(figures.minute).padStart(18)}${cell(figures.day).padStart(21)}${cell(figures.label).padStart(23)}${cell(figures.one).padStart(26)}`,
    );
    await builder.stop();
    await queries.stop();
  }
  const { trace, days } = places.at(-1);
  console.log(
    `What the builder's statements took with ${days} days:\n${longest(trace).join('\n')}`,
  );
  rmSync(dirname(dirname(made)), { recursive: true, force: true });
};
