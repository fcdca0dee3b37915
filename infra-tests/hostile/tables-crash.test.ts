import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Duck, openDuck } from '../../adapters/embedded/tables/duckdb';
import { caller, until } from '../support/api';
import { type Running, startPlatform } from '../support/platform';
import { describePython } from '../support/python';
import { wineBody } from '../support/wine';
import { childrenOf, commandOf } from './children-of';
import { connectTo, requestText } from './raw-socket';

const ROUNDS = Number(process.env.TIDEGATE_KILL_ROUNDS ?? 4);
const BUILDER_KILLS = 3;
const CLIENTS = 4;
const ROWS = wineBody.dataframe_split.data.length;
const manifest = `
services:
  wine:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    versions:
      v1: { model: ./examples/wine/model, weight: 50 }
      v2: { model: ./examples/wine/model-v2, weight: 50 }
`;

const isBuilderOf =
  (data: string) =>
  (pid: number): boolean =>
    commandOf(pid).includes(`tables-worker.mjs build ${data}`);

/** When a draft was last written to; 0 when there is none. */
const writtenTo = (folder: string): number =>
  (existsSync(folder) ? readdirSync(folder, { withFileTypes: true }) : []).reduce(
    (latest, entry) => {
      const found = entry.isFile() && statSync(join(folder, entry.name), { throwIfNoEntry: false });
      return found ? Math.max(latest, found.mtimeMs) : latest;
    },
    0,
  );

/** Ids in the capture log, whole lines only. */
const captured = (data: string): string[] =>
  readdirSync(join(data, 'capture'))
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => {
      const lines = readFileSync(join(data, 'capture', file), 'utf8').split('\n');
      return lines.slice(0, -1).map((line) => JSON.parse(line).request_id as string);
    });

/** Somebody who reads the parts again and again, and knows nothing of the platform. */
const foreignReader = (duck: Duck) => {
  const faults: string[] = [];
  const seen = new Map<string, number>();
  let reads = 0;
  let reading = true;
  const parts = (data: string, table: string): string =>
    `read_parquet('${join(data, 'tables', table)}/**/*.parquet', union_by_name = true, hive_partitioning = true)`;

  const look = async (data: string, table: string, key: string, value: string): Promise<void> => {
    try {
      const [found] = await duck.rows(
        `SELECT count(*)::INTEGER AS rows, count(DISTINCT ${key})::INTEGER AS keys,
           count(${value})::INTEGER AS values, count(DISTINCT request_date)::INTEGER AS days
         FROM ${parts(data, table)}`,
      );
      const [rows, keys, values] = [found?.rows, found?.keys, found?.values].map(Number);
      if (rows !== keys || rows !== values) faults.push(`${table}: ${JSON.stringify(found)}`);
      if (Number(rows) < (seen.get(table) ?? 0)) faults.push(`${table}: rows went missing`);
      seen.set(table, Number(rows));
      reads += 1;
    } catch (error) {
      if (String(error).includes('No files found') && !seen.has(table)) return;
      faults.push(`${table}: ${error}`);
    }
  };

  return {
    faults,
    reads: () => reads,
    async read(data: string): Promise<void> {
      while (reading) {
        await look(data, 'requests', 'request_id', 'response');
        await look(data, 'wine', 'example_id', 'prediction');
        await sleep(5);
      }
    },
    stop: (): void => {
      reading = false;
    },
    idsIn: async (data: string, table: string): Promise<string[]> => {
      const rows = await duck.rows(`SELECT request_id FROM ${parts(data, table)}`);
      return rows.map(({ request_id: id }) => String(id));
    },
  };
};

/** Another process, which reads the rows of the service with pandas; it is there when it is ready. */
const pandasReader = async (python: string, data: string) => {
  const script = join(__dirname, 'read_with_pandas.py');
  const child = spawn(python, [script, join(data, 'tables/wine')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const lines = createInterface(child.stdout);
  const ended = once(lines, 'close');
  let told: { reads: number; faults: string[] } | undefined;
  lines.on('line', (line) => {
    told = JSON.parse(line);
  });
  /** One more read has ended, well or not. */
  const oneMore = async (): Promise<void> => {
    const reads = told?.reads ?? -1;
    await until(
      async () => told?.reads ?? -1,
      (now) => now > reads,
    );
  };
  await oneMore();
  return {
    oneMore,
    async stop(): Promise<typeof told> {
      child.stdin.end();
      await ended;
      return told;
    },
  };
};

describe('tables whose builder and platform are killed under load, again and again', () => {
  const answered: string[] = [];
  let builders = 0;
  let last: Running;
  let duck: Duck;
  let reader: ReturnType<typeof foreignReader>;
  let reading = Promise.resolve();
  let python: string | undefined;
  let pandas: Awaited<ReturnType<typeof pandasReader>> | undefined;

  /** Asks as fast as answers come, until the connection breaks. */
  const load = async (url: string): Promise<void> => {
    const line = await connectTo(url);
    for (;;) {
      line.write(requestText('POST', '/services/wine/predict', [], JSON.stringify(wineBody)));
      const answer = await line.answer();
      if (!answer) return;
      expect(answer.status).toBe(200);
      answered.push(JSON.parse(answer.text).request_id);
    }
  };

  /** Ends the builder somewhere in the midst of a build. */
  const killBuilder = async ({ process: { pid = 0 }, data }: Running): Promise<void> => {
    const [builder] = await until(
      async () => childrenOf(pid).filter(isBuilderOf(data)),
      (found) => found.length > 0,
    );
    const since = Date.now();
    await until(
      async () => writtenTo(`${data}/tables.work`),
      (written) => written > since,
    );
    await sleep(Math.random() * 250);
    if (builder === undefined || !isBuilderOf(data)(builder)) return;
    process.kill(builder, 'SIGKILL');
    builders += 1;
    await until(
      async () => childrenOf(pid).includes(builder),
      (is) => !is,
    );
  };

  beforeAll(
    async () => {
      duck = await openDuck({ memory: '300MB', threads: 1, spill: null });
      reader = foreignReader(duck);
      let data: string | undefined;
      for (let round = 0; round < ROUNDS; round += 1) {
        last = await startPlatform({ manifest, ...(data !== undefined && { data }) });
        data = last.data;
        if (round === 0) reading = reader.read(data);
        if (python !== undefined) pandas ??= await pandasReader(python, data);
        const { url } = last;
        const clients = Array.from({ length: CLIENTS }, () => load(url));
        for (let kill = 0; kill < BUILDER_KILLS; kill += 1) await killBuilder(last);
        await sleep(Math.random() * 1_500);
        // On a busy machine the first parts may be seconds away.
        await pandas?.oneMore();
        await last.kill();
        await Promise.all(clients);
      }
      last = await startPlatform({ manifest, data: last.data });
    },
    60_000 + ROUNDS * 20_000,
  );
  afterAll(async () => {
    reader.stop();
    await reading;
    await pandas?.stop();
    duck.close();
    if (last.process.exitCode === null && last.process.signalCode === null) await last.kill();
  });

  it('have every captured request exactly once, each with its rows', async () => {
    const operator = caller(last.url, last.token);
    const inLog = captured(last.data);
    await until(
      () => operator('/api/services/wine/tables/refresh', { method: 'POST', body: {} }),
      ({ status }) => status === 200,
    );
    reader.stop();
    await reading;
    const ids = await reader.idsIn(last.data, 'requests');
    expect(ids.length).toBe(new Set(ids).size);
    expect(inLog.length).toBe(ids.length);
    expect(new Set(inLog)).toEqual(new Set(ids));
    const known = new Set(ids);
    expect(answered.filter((id) => !known.has(id))).toEqual([]);
    expect(answered.length).toBeGreaterThan(ROUNDS * 50);
    const rows = Map.groupBy(await reader.idsIn(last.data, 'wine'), (id) => id);
    expect(rows.size).toBe(ids.length);
    expect([...rows].filter(([, one]) => one.length !== ROWS)).toEqual([]);
  }, 60_000);

  it('never showed a foreign reader a row twice, fewer rows than before, or a broken file', () => {
    expect(reader.faults).toEqual([]);
    expect(reader.reads()).toBeGreaterThan(0);
    expect(builders).toBeGreaterThan(ROUNDS);
  });

  describePython('read with pandas', (found) => {
    python = found;

    it('never showed it a row twice, fewer rows than before, or a broken file', async () => {
      const told = await pandas?.stop();
      expect(told?.faults).toEqual([]);
      expect(told?.reads).toBeGreaterThanOrEqual(ROUNDS);
    }, 30_000);
  });

  it('leave no builder behind, of any platform that was killed', async () => {
    expect(await last.stop()).toBe(0);
    await until(
      async () => readdirSync('/proc').map(Number).filter(isBuilderOf(last.data)),
      (left) => left.length === 0,
    );
  }, 30_000);
});
