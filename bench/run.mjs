// `npm run bench:serving`, and the first part of `npm run bench`: what serving costs, as ratios to a bare script within one run. Prints a table.
//   npm run bench:serving -- [--rounds 5] [--seconds 4] [--memory 1000000]
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import build from '../bin/build.mjs';
import { answersTo } from './wine-answers.mjs';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    memory: { type: 'string', default: '1000000' },
  },
});
const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const home = mkdtempSync(join(tmpdir(), 'tidegate-bench-'));
const NODE = process.execPath;
const CONNECTIONS = 16;
const onTwoCores = (() => {
  try {
    execFileSync('taskset', ['-c', '0,1', 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    console.log('without two cores or taskset, server and load share what there is');
    return false;
  }
})();
const pinned = (core, command, ...args) =>
  onTwoCores ? ['taskset', ['-c', String(core), command, ...args]] : [command, args];

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

const table = readFileSync(join(root, 'examples/wine/winequality-red.csv'), 'utf8')
  .trim()
  .split('\n')
  .map((line) => line.split(','));
const columns = table[0].slice(0, 11).map((name) => name.replaceAll('"', ''));
const rows = table.slice(1, 513).map((line) => line.slice(0, 11).map(Number));
const bodyOf = (count) =>
  JSON.stringify({ dataframe_split: { columns, data: rows.slice(0, count) } });

/** Starts a server on core 0 and answers how to call it and what it has used. */
const start = async (name) => {
  const port = await freePort();
  const folder = mkdtempSync(join(home, `${name}-`));
  const started = performance.now();
  const [command, args] = name === 'tidegate' ? tidegate(folder, port) : bare();
  const child = spawn(command, args, {
    env: {
      ...process.env,
      PORT: String(port),
      LOG: join(folder, 'log'),
      MODEL: join(root, 'examples/wine/model/model.onnx'),
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  // A run that is void ends here and now, and takes its servers along.
  process.once('exit', () => child.kill('SIGKILL'));
  await new Promise((resolve, reject) => {
    child.stdout.on('data', (text) => String(text).includes('is ready') && resolve());
    child.once('exit', (code) => reject(new Error(`${name} ended with ${code}`)));
  });
  const startMs = performance.now() - started;
  const key =
    name === 'tidegate'
      ? JSON.parse(readFileSync(join(folder, 'data/credentials.json'), 'utf8')).keys.wine.bench
      : '';
  return {
    port,
    startMs,
    path: name === 'tidegate' ? '/services/wine/predict' : '/predict',
    headers: { 'x-api-key': key },
    cpuMs: () => cpuOf(child.pid),
    rssMb: () => Number(/VmRSS:\s+(\d+)/.exec(statusOf(child.pid))?.[1] ?? Number.NaN) / 1024,
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
};

const statusOf = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8');
/** Milliseconds of CPU a process has used; the clock ticks 100 times a second. */
const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};

const bare = () => pinned(0, NODE, join(root, 'bench/bare-node.mjs'));
const tidegate = (folder, port) => {
  const manifest = join(folder, 'tidegate.yaml');
  writeFileSync(
    manifest,
    `services:
  wine:
    throttle: { rate: 1000000, burst: 1000000 }
    versions:
      v1: { model: ${join(root, 'examples/wine/model')}, weight: 100 }
    keys: [bench]
`,
  );
  const flags = ['--max-semi-space-size=4', join(root, '.build/tidegate.mjs')];
  const data = join(folder, 'data');
  const up = ['up', '--manifest', manifest, '--data', data, '--port', String(port)];
  return pinned(0, NODE, ...flags, ...up);
};

/** Loads a server from core 1; throws when an answer was wrong. */
const load = (server, count, options) =>
  new Promise((resolve, reject) => {
    const said = {
      port: server.port,
      path: server.path,
      headers: server.headers,
      body: bodyOf(count),
      expected: expected.slice(0, count),
      connections: CONNECTIONS,
      seconds: Number(values.seconds),
      ...options,
    };
    const [command, args] = pinned(1, NODE, join(root, 'bench/load.mjs'), JSON.stringify(said));
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk) => {
      text += chunk;
    });
    child.once('exit', () => {
      const figures = JSON.parse(text || '{"wrong":1}');
      if (figures.wrong > 0) reject(new Error(`void: ${figures.wrong} wrong answers`));
      else resolve(figures);
    });
  });

const median = (numbers) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];

const compare = async () => {
  const cells = new Map();
  const starts = [];
  for (let round = 0; round < Number(values.rounds); round += 1) {
    const names = round % 2 === 0 ? ['tidegate', 'bare'] : ['bare', 'tidegate'];
    for (const name of names) {
      const server = await start(name);
      if (name === 'tidegate') starts.push(server.startMs);
      for (const count of [1, 512]) {
        await load(server, count, { seconds: 1 });
        const before = server.cpuMs();
        const { answers } = await load(server, count);
        const cell = { cpu: (server.cpuMs() - before) / answers, rate: answers / values.seconds };
        cells.set(`${name} ${count}`, [...(cells.get(`${name} ${count}`) ?? []), cell]);
      }
      await server.stop();
    }
  }
  for (const count of [1, 512]) {
    const cpu = (name) => median(cells.get(`${name} ${count}`).map((cell) => cell.cpu));
    const rate = (name) => median(cells.get(`${name} ${count}`).map((cell) => cell.rate));
    const ratio = (cpu('bare') / cpu('tidegate')).toFixed(2);
    console.log(
      `${count} rows: ${(cpu('tidegate') * 1000).toFixed(0)} µs CPU a request, bare ${(cpu('bare') * 1000).toFixed(0)} µs: ${ratio} of the bare script (${rate('tidegate').toFixed(0)} and ${rate('bare').toFixed(0)} requests/s)`,
    );
  }
  console.log(`start to ready: ${median(starts).toFixed(0)} ms (median of ${starts.length})`);
  return { peak: (count) => median(cells.get(`tidegate ${count}`).map((cell) => cell.rate)) };
};

const shares = async ({ peak }) => {
  const server = await start('tidegate');
  for (const count of [1, 512]) {
    await load(server, count, { seconds: 1 });
    const runs = [];
    for (let round = 0; round < Number(values.rounds); round += 1) {
      runs.push(await load(server, count, { rate: Math.floor(peak(count) / 2) }));
    }
    const share = median(runs.map(({ share99 }) => share99)).toFixed(2);
    console.log(`${count} rows at half the peak: the platform's own share, p99: ${share} ms`);
  }
  await server.stop();
};

const memory = async () => {
  const server = await start('tidegate');
  const sizes = [];
  let answers = 0;
  for (const goal of [100_000, Number(values.memory) / 2, Number(values.memory)]) {
    while (answers < goal) answers += (await load(server, 1)).answers;
    sizes.push(`${server.rssMb().toFixed(0)} MB after ${answers} predictions`);
  }
  console.log(`resident memory: ${sizes.join(', ')}`);
  await server.stop();
};

await build();
const expected = await answersTo(rows);
try {
  await shares(await compare());
  await memory();
} finally {
  rmSync(home, { recursive: true, force: true });
}
