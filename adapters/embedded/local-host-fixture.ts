import { randomUUID } from 'node:crypto';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { HostEvent, Invocation, VersionPlan } from '../../core/inference/model-host';
import type { Table } from '../../core/inference/table';
import { checkExpected } from '../../core/models/expected-answers';
import type { ModelVersion } from '../../core/models/model-version';
import type { LogLine } from '../../core/services/log-store';
import { DomainError } from '../../core/shared/domain-error';
import { tableOf } from '../../model-server/table-of';
import { localHost } from './local-host';
import type { ReplicaTimes } from './replicas/back-off';

const fixtures = join(__dirname, 'replicas', 'fixtures');

/** Times short enough for a test to wait for. */
const QUICK: Partial<ReplicaTimes> = { start: 15_000, firstPause: 20, longestPause: 100 };

/** What a package of the fixtures does; see `replicas/fixtures`. */
interface Behaviour {
  readonly factor?: number;
  readonly ms?: number;
  readonly loadMs?: number;
  readonly failed?: string;
  readonly exits?: number;
  readonly says?: string;
  readonly mute?: boolean;
  readonly orphan?: boolean;
  readonly tells?: boolean;
  readonly secret?: string;
}

/** A model of two columns that answers their sum, times its factor. */
export const sumModel = (digest: string, about: Partial<ModelVersion> = {}): ModelVersion => ({
  model: 'sum',
  version: 1,
  flavor: 'onnx',
  runtime: 'onnx',
  digest,
  size: 1_000,
  signature: {
    inputs: ['a', 'b'].map((name) => ({ name, type: 'double', required: true })),
    positional: false,
    storage: ['float64', 'float64'],
    matrix: true,
    output: { type: 'double', width: 1, classes: null },
  },
  expected: null,
  description: '',
  tags: {},
  source: { path: '/models/sum' },
  created_by: 'ann',
  created_at: '2026-01-01T12:00:00.000Z',
  ...about,
});

/** One request of rows of two numbers. */
export const ask = (
  rows: readonly (readonly number[])[],
  about: Partial<Invocation> = {},
): Invocation => ({
  service: 'wine',
  version: 'v1',
  requestId: randomUUID(),
  trace: null,
  table: tableOf(sumModel('').signature, ['a', 'b'], rows),
  body: () =>
    new TextEncoder().encode(
      JSON.stringify({ dataframe_split: { columns: ['a', 'b'], data: rows } }),
    ),
  params: null,
  timeoutMs: 10_000,
  ...about,
});

export const versionPlan = (
  model: ModelVersion,
  about: Partial<VersionPlan> = {},
): VersionPlan => ({
  name: 'v1',
  model,
  compute: { instances: { type: 'ml.m5.large', count: 1 } },
  started: true,
  replicas: 1,
  ...about,
});

/** Waits until something is so. */
export const until = async (condition: () => boolean, ms = 15_000): Promise<void> => {
  for (const end = performance.now() + ms; !condition(); ) {
    if (performance.now() > end) throw new Error(`still not so: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
};

interface Options {
  readonly inline?: boolean;
  readonly times?: Partial<ReplicaTimes>;
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Of a host before this one. */
  readonly folder?: string;
}

/** A host over packages made on the spot, with all it said. Close it. */
export const openHost = async (options: Options = {}) => {
  const { inline = false, times, environment = process.env } = options;
  const { folder = mkdtempSync(join(tmpdir(), 'host-test-')) } = options;
  const events: HostEvent[] = [];
  const lines: (LogLine & { service: string })[] = [];
  const damaged = new Set<string>();
  let changes = 0;
  let inlined = 0;
  let packages = 0;

  const loadInline = (from: string) => {
    const { factor = 1 } = JSON.parse(readFileSync(join(from, 'behaviour.json'), 'utf8'));
    if (!inline) throw new Error('not in this test');
    return {
      predict({ rows, cells }: Table) {
        inlined += 1;
        const at = (column: number, r: number) => {
          const { values = [], offset = 0, stride = 1 } = cells[column] ?? {};
          return Number(values[offset + r * stride]);
        };
        if (at(0, 0) === -1) throw new Error('operator Gather: index out of bounds');
        const predictions = Array.from({ length: rows }, (_, r) => factor * (at(0, r) + at(1, r)));
        return { predictions, width: 1, probabilities: null, modelMs: 0.01 };
      },
    };
  };

  const host = await localHost({
    artifacts: {
      async open(digest) {
        if (damaged.has(digest)) throw new Error('behaviour.json is not what was stored');
        if (!digest.startsWith('/')) throw new DomainError('not-found', `no package ${digest}`);
        return digest;
      },
    },
    logs: { append: (service, line) => lines.push({ service, ...line }) },
    now: () => new Date(),
    newId: randomUUID,
    tableOf,
    checkAnswers: async ({ expected }, answer) => (expected ? checkExpected(expected, answer) : []),
    loadInline,
    workerFile: join(fixtures, 'worker.mjs'),
    folder,
    environment,
    times: { ...QUICK, ...times },
  });
  host.observe({
    stateChanged: () => {
      changes += 1;
    },
    happened: (event) => events.push(event),
  });

  /** A package in a folder; the folder is its digest here. */
  const newPackage = (behaviour: Behaviour): string => {
    packages += 1;
    const made = join(folder, `package-${packages}`);
    mkdirSync(made);
    writeFileSync(join(made, 'behaviour.json'), JSON.stringify(behaviour));
    copyFileSync(join(fixtures, 'contract', 'serve'), join(made, 'serve'));
    return made;
  };

  return {
    host,
    folder,
    events,
    lines,
    newPackage,
    damage: (digest: string) => damaged.add(digest),
    changes: () => changes,
    inlined: () => inlined,

    /** Applies a plan of one service and waits until its versions are up. */
    async run(...versions: readonly VersionPlan[]): Promise<void> {
      await host.apply({ service: 'wine', maxQueue: 100, versions });
      await until(() =>
        versions.every(({ name, replicas }) =>
          host.states('wine').some((one) => one.name === name && one.running === replicas),
        ),
      );
    },

    async close(): Promise<void> {
      await host.close(1_000);
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type OpenHost = Awaited<ReturnType<typeof openHost>>;
