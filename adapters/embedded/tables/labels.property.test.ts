import fc from 'fast-check';
import type { Label } from '../../../core/tables/label';
import { labelOf, openLabels } from './labels-fixture';
import type { StepReport } from './table-builder';
import { asked, idOf, lineOf } from './tables-fixture';

const RUNS = Number(process.env.TIDEGATE_SEQUENCES ?? 6);
const T = Date.parse('2026-11-20T10:00:00.000Z');
const HOUR_MS = 3_600_000;

/** The requests there may be, far enough apart for some to be too late for a label. */
const REQUESTS = (['a', 'a', 'b', null, 'c', 'c'] as const).map((client, n) => {
  const time = new Date(T + n * 13 * HOUR_MS).toISOString();
  return { id: idOf(time, n), time, client, rows: 1 + (n % 2), asked: idOf(time, n) };
});
// The last is the shadow of the one before it.
const PRIMARY = REQUESTS[4]?.id ?? '';
const askedOf = (n: number): string => (n === 5 ? PRIMARY : (REQUESTS[n]?.id ?? ''));
const lineFor = (n: number) => {
  const { time = '', client = null, rows = 0 } = REQUESTS[n] ?? {};
  const body = asked(['a'], Array(rows).fill([1]), Array(rows).fill(2));
  const shadow = n === 5 && { role: 'shadow', primary_request_id: PRIMARY };
  return lineOf(time, n, { ...body, client_request_id: client, ...shadow });
};

const place = fc.record({ n: fc.nat(5), row: fc.nat(2) });
const address = fc.oneof(
  place.map(({ n, row }) => ({ example_id: `${REQUESTS[n]?.id}-${row}` })),
  place.map(({ n, row }) => ({ request_id: REQUESTS[n]?.id ?? '', row_index: row })),
  fc.record({ client_request_id: fc.constantFrom('a', 'b', 'c', 'd'), row_index: fc.nat(1) }),
);
const label = fc.record({
  address,
  value: fc.nat(99),
  /** Hours from the start; null: when it is received. */
  labelled: fc.option(fc.nat(4)),
});
const act = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('predict' as const), n: fc.nat(5) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('label' as const),
      after: fc.constantFrom(1, HOUR_MS, 11 * HOUR_MS),
      labels: fc.array(label, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(9) }) },
  { weight: 4, arbitrary: fc.constant({ do: 'step' as const }) },
  { weight: 2, arbitrary: fc.constantFrom({ do: 'merge' as const }, { do: 'restart' as const }) },
  { weight: 1, arbitrary: fc.constant({ do: 'retry' as const }) },
);

interface Received {
  readonly label: Label;
  readonly at: string;
  readonly position: number;
}

/** What was labelled how, without any tables. */
const naive = (present: ReadonlySet<number>, received: readonly Received[]) => {
  const finds = ({ label: { example_id, request_id, row_index, ...by }, at }: Received) =>
    [...present].flatMap((n) => {
      const { id, client, rows, time } = REQUESTS[n] ?? { id: '', client: '', rows: 0, time: '' };
      return Array.from({ length: rows }, (_, row) => ({ n, row, example: `${id}-${row}` })).filter(
        ({ row, example }) => {
          if (example_id !== null) return example === example_id;
          if (row !== row_index) return false;
          if (request_id !== null) return request_id === id;
          const isInTime = Date.parse(time) <= Date.parse(at) + 24 * HOUR_MS;
          return client === by.client_request_id && isInTime;
        },
      );
    });
  const sorted = received.toSorted(
    (one, other) =>
      order(one.label.labelled_at ?? one.at, other.label.labelled_at ?? other.at) ||
      order(one.at, other.at) ||
      one.position - other.position,
  );
  const winners = new Map<string, unknown>();
  for (const n of present) {
    const { id, rows } = REQUESTS[n] ?? { id: '', rows: 0 };
    for (let row = 0; row < rows; row += 1) winners.set(`${id}-${row}`, null);
  }
  for (const one of sorted)
    for (const { example } of finds(one)) winners.set(example, one.label.label);
  return {
    rows: [...winners].sort(([one], [other]) => order(one, other)),
    ambiguous: received.filter(
      (one) =>
        one.label.client_request_id !== null &&
        new Set(finds(one).map(({ n }) => askedOf(n))).size > 1,
    ).length,
  };
};

const order = (one: string, other: string): number => Number(one > other) - Number(one < other);

describe('labels, in whatever order they and their rows come', () => {
  it(
    'are what a naive model says, in SQL and in the parts',
    async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 18 }), async (acts) => {
          const fixture = await openLabels(
            [{ model: 'wine', version: 1, inputs: { a: 'double' } }],
            new Date(T).toISOString(),
          );
          try {
            let builder = await fixture.openBuilder();
            let clock = T;
            let ambiguous = 0;
            const present = new Set<number>();
            const received: Received[] = [];
            const batches = new Map<string, readonly Label[]>();
            const count = (report: StepReport | null): StepReport | null => {
              ambiguous += report?.services.wine?.ambiguous ?? 0;
              return report;
            };
            for (const next of acts) {
              if (next.do === 'predict') {
                fixture.append([lineFor(next.n)]);
                present.add(next.n);
              } else if (next.do === 'label') {
                clock += next.after;
                fixture.setClock(clock);
                const at = new Date(clock).toISOString();
                const labels = next.labels.map(({ address: by, value, labelled }) =>
                  labelOf(
                    value,
                    by,
                    labelled === null ? null : new Date(T + labelled * HOUR_MS).toISOString(),
                  ),
                );
                const { batch_id } = await fixture.push(labels);
                if (!batches.has(batch_id)) {
                  received.push(...labels.map((one, position) => ({ label: one, at, position })));
                }
                batches.set(batch_id, labels);
              } else if (next.do === 'again') {
                const known = [...batches.values()];
                const batch = known[next.which % Math.max(1, known.length)];
                if (batch) await fixture.push(batch);
              } else if (next.do === 'step') count(await builder.step());
              else if (next.do === 'merge') await builder.merge();
              else if (next.do === 'retry') await builder.retry('wine', '2026-11-01', '2026-12-31');
              else builder = await fixture.openBuilder();
            }
            while (count(await builder.step()) !== null);
            const wanted = naive(present, received);
            const bySql = () =>
              fixture.sql('SELECT example_id, label FROM inference.wine ORDER BY 1');
            expect(await bySql()).toEqual(wanted.rows);
            expect(ambiguous).toBe(wanted.ambiguous);
            for (const again of [false, true]) {
              if (again) await builder.retry('wine', '2026-11-01', '2026-12-31');
              await builder.merge();
              expect(await bySql()).toEqual(wanted.rows);
              if (present.size > 0) {
                expect(await fixture.parts('wine', 'example_id, label')).toEqual(wanted.rows);
              }
            }
            expect(await fixture.sql('SELECT count(*) FROM inference.labels')).toEqual([
              [received.length],
            ]);
          } finally {
            fixture.close();
          }
        }),
        { numRuns: RUNS },
      );
    },
    Math.max(60_000, RUNS * 5_000),
  );
});
