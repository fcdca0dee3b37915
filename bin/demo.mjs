#!/usr/bin/env node
// `npm run demo`: a day in the life of the wine service in half a minute, over HTTP alone. What it
// leaves are captured requests, labels and three keys; run again it adds another day.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { callerOf, findPlatform } from './demo-platform.mjs';
import { QUESTIONS } from './demo-questions.mjs';
import { root, setup } from './setup.mjs';

const WINE = '/api/services/wine';
/** Rows of one call after the other. */
const SIZES = [1, 1, 2, 1, 3, 1, 5, 2];
const AT_ONCE = 8;
const DRIFTED = 500;
const CORRECTED = 25;
const SHOWN = 3;

const say = (text) => console.log(text);
const number = (value) => value.toLocaleString('en-US');

const wines = () => {
  const file = readFileSync(join(root, 'examples/wine/winequality-red.csv'), 'utf8');
  const [header, ...lines] = file.trim().split('\n');
  const columns = header.replaceAll('"', '').split(',').slice(0, -1);
  const rows = lines.map((line) => line.split(',').map(Number));
  return {
    columns,
    data: rows.map((row) => row.slice(0, -1)),
    quality: rows.map((row) => row.at(-1)),
  };
};

/** Answers with the body. @throws what the platform says instead of the wanted status */
const wantedOf = (call) => async (status, path, options) => {
  const answer = await call(path, options);
  if (answer.status === status) return answer.body;
  const why = answer.body.detail ?? answer.body;
  throw new Error(`${options?.method ?? ''} ${path} answered ${answer.status}: ${why}`);
};

/** Waits until all is in the tables, for which the platform answers each 25 seconds. */
const refresh = async (call, want) => {
  const { status, body } = await call(`${WINE}/tables/refresh`, { method: 'POST' });
  if (status !== 200 && status !== 202) throw new Error(`the tables: ${body.detail ?? status}`);
  for (let run = body; status === 202 && run.status !== 'succeeded'; ) {
    run = await want(200, `${WINE}/tables/runs/${body.run_id}`);
    if (run.status === 'failed') throw new Error(`the tables: ${run.error}`);
  }
};

const register = async (want, folder) => {
  // Not at the top: the installation that brings it may only now have been made.
  const tar = await import('tar');
  const cwd = join(root, 'examples/wine', folder);
  const pieces = [];
  for await (const piece of tar.create({ gzip: true, cwd }, ['.'])) pieces.push(piece);
  const packed = Buffer.concat(pieces);
  const upload = await want(201, '/api/uploads', { method: 'POST' });
  await want(200, upload.url, { method: upload.method, body: packed, type: 'application/gzip' });
  const source = { upload: upload.upload_id };
  const { version } = await want(201, '/api/models/wine/versions', { body: { source } });
  return { name: 'wine', version };
};

/** Makes what is missing of the service and its two versions, and waits until both run. */
const prepare = async (call, want) => {
  if ((await call(WINE)).status === 404) {
    say('Making the service wine …');
    const v1 = { model: await register(want, 'model') };
    await want(201, '/api/services', { body: { name: 'wine', versions: { v1 } } });
  }
  if ((await call(`${WINE}/versions/v2`)).status === 404) {
    say('Making its version v2 …');
    const body = { name: 'v2', model: await register(want, 'model-v2') };
    await want(201, `${WINE}/versions`, { body });
  }
  for (const version of ['v1', 'v2']) {
    const end = Date.now() + 20_000;
    for (;;) {
      const { status, status_reason: why } = await want(200, `${WINE}/versions/${version}`);
      if (status === 'running') break;
      if (status === 'stopped')
        await want(200, `${WINE}/versions/${version}/start`, { method: 'POST' });
      if (Date.now() > end) throw new Error(`${version} is ${status}: ${why ?? 'start it first'}`);
      await sleep(200);
    }
  }
};

/** The text of a key of this name; one that is there from an earlier run gets a new text. */
const keyOf = async (want, name, scope) => {
  const { items } = await want(200, `${WINE}/keys?limit=100`);
  const known = items.find((key) => key.name === name && key.status === 'active');
  const made = known
    ? await want(200, `${WINE}/keys/${known.id}/rotate`, { body: { grace_s: 0 } })
    : await want(201, `${WINE}/keys`, { body: { name, scopes: [scope] } });
  return made.key;
};

/** Sets the traffic; answers what it was. */
const split = async (want, traffic) => {
  const { traffic: before } = await want(200, WINE);
  await want(200, `${WINE}/traffic`, { method: 'PUT', body: traffic });
  return before;
};

/** Sends rows in calls of several sizes; answers the example ids, in the order of the rows. */
const play = async (want, { columns, data }, { keys, stem }) => {
  const calls = [];
  for (let at = 0; at < data.length; ) {
    const size = SIZES[calls.length % SIZES.length];
    calls.push({ at, rows: data.slice(at, at + size) });
    at += size;
  }
  const examples = new Array(data.length);
  let next = 0;
  const caller = async () => {
    for (let i = next++; i < calls.length; i = next++) {
      const { at, rows } = calls[i];
      const body = { dataframe_split: { columns, data: rows }, client_request_id: `${stem}-${at}` };
      const as = keys[i % keys.length];
      const answer = await want(200, '/services/wine/predict', { body, as });
      for (const row of rows.keys()) examples[at + row] = `${answer.request_id}-${row}`;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, caller));
  return { examples, calls: calls.length };
};

/** Calls as they go wrong in life; answers how many were refused with 400. */
const mistakes = async (call, { columns, data }, as) => {
  const table = (names, rows) => ({ dataframe_split: { columns: names, data: rows } });
  const [row] = data;
  const bodies = [
    table(columns.slice(1), [row.slice(1)]),
    table(columns, [row.with(3, 'dry')]),
    table(columns, [row.slice(1)]),
    table(columns, []),
    { wine: row },
    '{"dataframe_split": {"columns": ["alcohol"], "data": [[NaN]]}}',
  ];
  let refused = 0;
  for (const body of bodies) {
    const { status } = await call('/services/wine/predict', { body, as });
    refused += Number(status === 400);
  }
  return refused;
};

/** Sends what was true of nine wines in ten, and of some again, corrected. */
const label = async (want, examples, quality, as) => {
  const known = examples.flatMap((example_id, i) =>
    i % 10 === 9 ? [] : [{ example_id, label: quality[i] }],
  );
  const corrected = known
    .slice(0, CORRECTED)
    .map(({ example_id, label: was }) => ({ example_id, label: Math.min(10, was + 1) }));
  for (const labels of [known, corrected]) {
    await want(202, '/services/wine/labels', { body: { labels }, as });
  }
  return known.length;
};

/** Wines as the model was not trained on. */
const hotSummer = ({ columns, data }) => {
  const [alcohol, acidity] = ['alcohol', 'volatile_acidity'].map((name) => columns.indexOf(name));
  const warm = (row) => row.with(alcohol, row[alcohol] + 1.5).with(acidity, row[acidity] * 1.4);
  return { columns, data: data.slice(0, DRIFTED).map(warm) };
};

const cell = (value) => (value === null ? 'NULL' : String(value));
const show = ({ columns, rows }) => {
  const lines = [columns.map(({ name }) => name), ...rows.map((row) => row.map(cell))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  for (const line of lines) {
    say(
      `    ${line
        .map((text, i) => text.padEnd(widths[i]))
        .join('  ')
        .trimEnd()}`,
    );
  }
};

/** What happens to the service, told as it happens; answers how its requests are called. */
const story = async (call) => {
  const want = wantedOf(call);
  await prepare(call, want);
  const names = ['demo-cellar', 'demo-shop'];
  const keys = [];
  for (const name of names) keys.push(await keyOf(want, name, 'predict'));
  const lab = await keyOf(want, 'demo-lab', 'labels');
  const { quality, ...table } = wines();
  const stem = `demo-${Date.now().toString(36)}`;
  const before = await split(want, { v1: 60, v2: 40 });
  try {
    say(
      `Asking for all ${number(quality.length)} wines, as ${names.join(' and ')}; v2 gets 40 % …`,
    );
    const played = await play(want, table, { keys, stem });
    const refused = await mistakes(call, table, keys[0]);
    say(`  ${number(played.calls)} calls answered, ${refused} wrong ones refused.`);
    say('Labelling nine wines in ten, and some of them again …');
    const labels = await label(want, played.examples, quality, lab);
    say(`  ${number(labels)} labels from demo-lab, ${CORRECTED} of them corrected.`);
    say(`Asking for ${DRIFTED} wines of a hot summer: more alcohol and volatile acidity …`);
    const drifted = await play(want, hotSummer(table), { keys, stem: `${stem}-drift` });
    say(`  ${number(drifted.calls)} calls answered.`);
  } finally {
    await split(want, before);
  }
  say('Bringing all of it into the tables …');
  await refresh(call, want);
  return stem;
};

const ask = async (call) => {
  const want = wantedOf(call);
  say(`\n${QUESTIONS.length} questions in SQL, the first ${SHOWN} with their answers:`);
  for (const [i, { asks, sql }] of QUESTIONS.entries()) {
    say(`\n${i + 1}. ${asks}\n\n${sql.replaceAll(/^/gm, '    ')}\n`);
    if (i < SHOWN) show(await want(200, '/api/query', { body: { sql } }));
  }
};

const run = async (data) => {
  const platform = await findPlatform(data);
  const { child, url } = platform;
  try {
    say(`Playing on ${url}${child ? ', which was started for it' : ''}.`);
    const call = callerOf(platform);
    const stem = await story(call);
    await ask(call);
    say(`
Try next:
  npx tidegate sql "SELECT * FROM inference.wine LIMIT 5"   or any of the questions
  npx tidegate sql                                          a prompt for many of them
  npx tidegate requests find wine --client-request-id ${stem}-0
  npx tidegate tables show wine`);
  } catch (error) {
    child?.kill();
    throw error;
  }
  if (!child) return;
  say(`\nThe platform goes on serving on ${url}; Ctrl-C stops it.`);
  await new Promise((resolve) => child.once('exit', resolve));
};

setup({ all: false });
run(process.env.TIDEGATE_DATA ?? '.tidegate').catch((error) => {
  console.error(`The demo ended: ${error.message}`);
  process.exitCode = 1;
});
