import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Running, startPlatform, temporaryFolder } from '../support/platform';
import { type Kind, requestsOf } from './request-fuzz';
import {
  type Columns,
  MAX_ROWS,
  type Row,
  type Sent,
  type Verdict,
  verdictOf,
} from './validity-oracle';

/** A model that hands back one of its columns, or its whole row. */
interface Echo {
  readonly service: string;
  readonly columns: Columns;
  readonly of: (row: Row) => unknown;
}

const typed = { f: 'double', i: 'integer', l: 'long', s: 'string', b: 'boolean' } as const;
const echoes: readonly Echo[] = Object.keys(typed).map((column) => ({
  service: `echo-${column}`,
  columns: typed,
  of: (row) => row[column],
}));
const matrix: Echo = {
  service: 'matrix',
  columns: { x1: 'float', x2: 'float', x3: 'float' },
  of: (row) => Object.values(row).map((cell) => (cell === null ? null : Math.fround(Number(cell)))),
};

/** A model of three named numbers, which are read straight from the body's bytes. */
const matrixPackage = (): string => {
  const folder = join(temporaryFolder(), 'matrix');
  mkdirSync(folder);
  const fixtures = join(__dirname, '../../model-server/fixtures');
  copyFileSync(join(fixtures, 'open-width.onnx'), join(folder, 'model.onnx'));
  const inputs = Object.entries(matrix.columns).map(([name, type]) => ({ name, type }));
  const mlModel = {
    flavors: { onnx: { data: 'model.onnx' } },
    signature: { inputs: JSON.stringify(inputs) },
  };
  writeFileSync(join(folder, 'MLmodel'), JSON.stringify(mlModel));
  return folder;
};

const manifest = (): string =>
  [...echoes, matrix]
    .map(({ service }) => [service, `./model-server/fixtures/${service}.onnx`])
    .reduce(
      (text, [service, model]) => `${text}
  ${service}:
    auth: false
    throttle: { rate: 100000, burst: 100000 }
    max_rows: ${MAX_ROWS}
    versions:
      v1: { model: ${service === 'matrix' ? matrixPackage() : model} }`,
      'services:',
    );

const { seed } = fc.readConfigureGlobal();
const numRuns = Number(process.env.FUZZ_RUNS ?? 1_200);
const agent = new Agent({ keepAlive: true, maxSockets: 4 });

describe('requests of any kind', () => {
  let running: Running;

  const ask = ({ route, headers, body }: Sent, service: string) =>
    new Promise<{ status: number; text: string }>((resolve, reject) => {
      const path = route === 'infer' ? `v2/models/${service}/infer` : route;
      const url = `${running.url}/services/${service}/${path}`;
      const sized = { ...headers, 'content-length': body.length };
      const call = request(url, { method: 'POST', agent, headers: sized }, (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () =>
          resolve({ status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() }),
        );
      });
      call.on('error', reject).end(body);
    });

  beforeAll(async () => {
    running = await startPlatform({ manifest: manifest() });
    process.stderr.write(`fuzz: seed ${seed}, ${numRuns} requests of each kind\n`);
  }, 60_000);
  afterAll(async () => {
    agent.destroy();
    expect(await running.stop()).toBe(0);
    expect(running.output()).not.toContain('"level":"error"');
  });

  it.each<[Kind, readonly Echo[]]>([
    ['split', [matrix]],
    ['json', [matrix, ...echoes]],
    ['csv', [matrix, ...echoes]],
    ['protocol', [matrix, ...echoes]],
  ])(
    'are answered if and only if they are valid, with what was sent: %s',
    async (kind, models) => {
      const seen = { answered: 0, refused: 0 };
      const cases = fc
        .constantFrom(...models)
        .chain((echo) => requestsOf(kind, echo.columns).map((sent) => ({ echo, sent })));
      const property = fc.asyncProperty(cases, async ({ echo, sent }) => {
        const verdict = verdictOf(sent, echo.columns);
        const answer = await ask(sent, echo.service);
        const told = { ...answer, sent: sent.body.toString('latin1') };
        expect(told).toMatchObject({ status: statusOf(verdict) });
        seen[answer.status === 200 ? 'answered' : 'refused'] += 1;
        if ('rows' in verdict) {
          // As JSON has it: it has no -0.
          const expected = JSON.parse(JSON.stringify(verdict.rows.map(echo.of)));
          expect(valuesOf(sent, answer.text)).toEqual(expected);
        }
      });
      await fc.assert(property, { numRuns });
      // Neither side of the oracle is idle.
      expect(seen.answered).toBeGreaterThan(numRuns / 10);
      expect(seen.refused).toBeGreaterThan(numRuns / 10);
    },
    60_000,
  );
});

const statusOf = (verdict: Verdict): number => ('rows' in verdict ? 200 : verdict.status);

const valuesOf = ({ route }: Sent, text: string): unknown => {
  const body = JSON.parse(text);
  if (route !== 'infer') return (route === 'compare' ? body.versions.v1 : body).predictions;
  const { data, shape } = body.outputs[0];
  if (shape.length === 1) return data;
  return Array.from({ length: shape[0] }, (_, row) =>
    data.slice(row * shape[1], (row + 1) * shape[1]),
  );
};
