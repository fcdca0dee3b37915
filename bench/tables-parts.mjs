// What the benches of the tables share: platforms, the tables' own processes, and what they use.
import { fork, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const NODE = process.execPath;

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
export const quantile = (values, share) =>
  values.toSorted((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

/** Milliseconds of CPU that a process has used; the clock ticks 100 times a second. */
export const cpuOf = (pid) => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
};
/** Megabytes that a process held at most. */
export const peakOf = (pid) =>
  Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;

/** A running platform with the wine service, in a folder of its own; `wrap` goes before its command. */
export const startPlatform = async (folder, wrap = []) => {
  mkdirSync(folder, { recursive: true });
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
  const data = join(folder, 'data');
  const up = ['up', '--manifest', manifest, '--data', data, '--port', '0'];
  const program = ['--max-semi-space-size=4', join(root, '.build/tidegate.mjs'), ...up];
  const [command, ...args] = [...wrap, NODE, ...program];
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill('SIGKILL'));
  const url = await new Promise((resolve, reject) => {
    let said = '';
    child.stdout.on('data', (text) => {
      said += text;
      const found = /is ready on (\S+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
    child.once('exit', (code) => reject(new Error(`the platform ended with ${code}`)));
  });
  const { operator_token: token, keys } = JSON.parse(readFileSync(join(data, 'credentials.json')));
  const call = async (path, body) => {
    const response = await fetch(`${url}${path}`, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  };
  return {
    ...{ url, data, call, pid: child.pid, key: keys.wine.bench },
    sql: async (sql, max_rows = 10_000) => (await call('/api/query', { sql, max_rows })).rows,
    async refresh() {
      const begun = await call('/api/services/wine/tables/refresh', {});
      let run = begun;
      while (run.status === undefined || run.status === 'running') {
        run = await call(`/api/services/wine/tables/runs/${begun.run_id}`);
      }
      if (run.status === 'failed') throw new Error(run.error);
      return run;
    },
    /** The process of its tables with this role. */
    tablesPid: (role) => {
      const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
      return children
        .split(' ')
        .map(Number)
        .find((pid) => {
          if (!pid) return false;
          const said = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
          return said.includes(role) && said.some((word) => word.endsWith('tables-worker.mjs'));
        });
    },
    stop: () =>
      new Promise((resolve) => {
        child.removeAllListeners('exit');
        child.once('exit', resolve);
        child.kill('SIGTERM');
      }),
  };
};

/** A data folder in which the wine service is known and nothing was captured. */
export const emptyData = async (folder) => {
  const platform = await startPlatform(folder);
  await platform.stop();
  for (const name of ['capture', 'tables.lock']) {
    rmSync(join(platform.data, name), { recursive: true, force: true });
  }
  mkdirSync(join(platform.data, 'capture'));
  return platform.data;
};

/** The product's own process for the tables: `build` or `query`. `trace` is a file for its statements. */
export const tablesProcess = (role, data, trace) => {
  const child = fork(join(root, '.build/tables-worker.mjs'), [role, data], {
    execArgv: [
      '--max-old-space-size=256',
      ...(trace ? ['--import', join(root, 'bench/trace-duck.mjs')] : []),
    ],
    env: { ...process.env, TRACE: trace },
    serialization: 'advanced',
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  process.once('exit', () => child.kill('SIGKILL'));
  const waiting = new Map();
  let lastId = 0;
  child.on('message', (message) => {
    if (message.tell === 'trouble') console.error(message.message);
    const { resolve, reject } = waiting.get(message.id) ?? {};
    if (message.tell === 'answer') resolve?.(message.value);
    if (message.tell === 'failure') reject?.(new Error(message.error.message));
  });
  const ask = (asked) =>
    new Promise((resolve, reject) => {
      lastId += 1;
      waiting.set(lastId, { resolve, reject });
      child.send({ ...asked, id: lastId });
    });
  return {
    // Labels of no day are looked for again.
    catchUp: () => ask({ ask: 'catch-up', again: { service: 'wine', from: '9', to: '0' } }),
    query: async (sql) => (await ask({ ask: 'query', sql, maxRows: 1_000 })).rows,
    cpuMs: () => cpuOf(child.pid),
    peakMb: () => peakOf(child.pid),
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', resolve);
        child.disconnect();
      }),
  };
};

/** What some work takes of a process: `{ cpu, wall }` in milliseconds, and its result. */
export const timed = async (used, work) => {
  const cpuBefore = used.cpuMs();
  const startedAt = performance.now();
  const result = await work();
  return { result, wall: performance.now() - startedAt, cpu: used.cpuMs() - cpuBefore };
};

/** The longest statements in a trace, as lines. */
export const longest = (trace, count = 8) => {
  const entries = Object.entries(JSON.parse(readFileSync(trace, 'utf8')));
  const all = entries.reduce((sum, [, { ms }]) => sum + ms, 0);
  return entries
    .toSorted(([, a], [, b]) => b.ms - a.ms)
    .slice(0, count)
    .map(([text, { ms, calls }]) => {
      const share = ((100 * ms) / all).toFixed(0);
      return `  ${share.padStart(3)} %  ${ms.toFixed(0).padStart(6)} ms  ${String(calls).padStart(5)} calls  ${text}`;
    });
};
