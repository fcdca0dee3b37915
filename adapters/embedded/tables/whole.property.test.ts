import fc from 'fast-check';
import type { Erasure } from '../../../core/tables/erasure';
import type { Label } from '../../../core/tables/label';
import { type FailingStep, type Faults, openFaults } from './faults-fixture';
import { type Happened, idOfHappened } from './happened-fixture';
import { labelOf } from './labels-fixture';
import { type Failure, openWhole, START } from './whole-fixture';

/** More by hand: `TIDEGATE_SEED=random TIDEGATE_SEQUENCES=1000 TMPDIR=/dev/shm jest -w 1 whole.property`. */
const SEQUENCES = Number(process.env.TIDEGATE_SEQUENCES ?? 25);
const { seed: SEED } = fc.readConfigureGlobal();
const HOUR_MS = 3_600_000;
const timeOf = (ms: number): string => new Date(Date.parse(START) + ms).toISOString();

const happened: fc.Arbitrary<Happened> = fc.record({
  service: fc.constantFrom('wine', 'wine', 'wine', 'red-wine', 'unknown'),
  version: fc.constantFrom(1, 1, 1, 2, 2, 9),
  status: fc.constantFrom(200, 200, 200, 400),
  // The last is too late for labels by a client's id of the first day.
  time: fc.constantFrom(timeOf(-1), START, START, START, timeOf(58 * HOUR_MS)),
  client: fc.constantFrom('a', 'a', 'b', null),
  isShadow: fc.constantFrom(false, false, false, true),
  rows: fc.constantFrom(1, 1, 2, 2, 3, 0),
  answers: fc.nat(3),
  ragged: fc.constantFrom(false, false, false, true),
  asText: fc.boolean(),
});
/** Most requests are sound. */
const request = fc.oneof(
  { weight: 3, arbitrary: happened.map((one) => ({ ...one, answers: one.rows, ragged: false })) },
  { weight: 1, arbitrary: happened },
);
const place = fc.nat(11);
const service = fc.constantFrom('wine', 'wine', 'wine', 'red-wine');
const label = fc.record({
  by: fc.constantFrom('example', 'request', 'client'),
  n: place,
  client: fc.constantFrom('a', 'b', 'c'),
  row: fc.constantFrom(0, 0, 1, 2),
  /** Tells another outcome than the predicted one. */
  isNamed: fc.constantFrom(false, false, true),
  /** Hours from the start; null: when it is received. */
  labelled: fc.option(fc.nat(4)),
});
const days = fc.record({ from: fc.constantFrom(0, 0, 1), to: fc.constantFrom(0, 1, 99, 99) });
const at = fc.oneof<fc.Arbitrary<FailingStep>[]>(
  fc.tuple(fc.constant('statement'), fc.oneof(fc.nat(4), fc.nat(12), fc.nat(40))),
  fc.tuple(fc.constant('file'), fc.nat(24)),
  fc.tuple(fc.constant('rename'), fc.nat(4)),
  fc.tuple(fc.constant('state'), fc.nat(3)),
);
const failure: fc.Arbitrary<Failure> = fc.record({
  dies: fc.boolean(),
  at,
  again: fc.option(at),
  merges: fc.constantFrom(true, false, false, false),
});
const work = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('step' as const) }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constant('merge' as const), first: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('week' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('tidy' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('trim' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retry' as const), service, days }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('erase' as const),
      service,
      by: fc.constantFrom('requests', 'client', 'value'),
      n: place,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retain' as const),
      service,
      days: fc.option(fc.nat(3)),
      labels: fc.option(fc.nat(3)),
    }),
  },
);
const event = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      requests: fc.array(place, { minLength: 1, maxLength: 6 }),
      next: fc.boolean(),
      /** What stands before them that is no record. */
      junk: fc.constantFrom('', '', '', '{"request_id":"0198\n', '}\n', '\n', '{\n'),
      /** The last line comes in two pieces, with something in between. */
      cut: fc.boolean(),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('label' as const),
      service,
      // In all less than the week after which it is no longer waited for a label's row.
      after: fc.constantFrom(1, 1, 1, HOUR_MS, 4 * HOUR_MS),
      labels: fc.array(label, { minLength: 1, maxLength: 4 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('work' as const), work, failure }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('work' as const),
      work,
      failure: fc.constant(null),
    }),
  },
);
type Home = Awaited<ReturnType<typeof openWhole>>;
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;
type Work = typeof work extends fc.Arbitrary<infer T> ? T : never;

let faults: Faults;
beforeAll(() => {
  faults = openFaults();
});
afterAll(() => faults.close());

/** Has all of it happen to one home's tables. */
const happen = async (
  home: Home,
  pool: readonly Happened[],
  events: readonly Event[],
  isCalm: boolean,
): Promise<void> => {
  const batches: { service: string; labels: readonly Label[] }[] = [];
  const idOf = (n: number): string => idOfHappened(pool, n % pool.length);
  let clock = 0;
  let labels = 0;
  const toLabel = ({
    by,
    n,
    client,
    row,
    isNamed,
    labelled,
  }: typeof label extends fc.Arbitrary<infer T> ? T : never) => {
    labels += 1;
    const addresses = {
      example: { example_id: `${idOf(n)}-${row}` },
      request: { request_id: idOf(n), row_index: row },
      client: { client_request_id: client, row_index: row },
    };
    const told = labelOf(
      labels,
      addresses[by],
      labelled === null ? null : timeOf(labelled * HOUR_MS),
    );
    return isNamed ? { ...told, name: 'click' } : told;
  };
  const does = async (one: Work, fails: Failure | null): Promise<unknown> => {
    if (one.do === 'step') return home.step(fails);
    if (one.do === 'merge') {
      if (one.first) await home.step(null);
      return home.merge(fails);
    }
    if (one.do === 'week') {
      clock += 8 * 24 * HOUR_MS;
      return home.weekPasses(fails, timeOf(clock));
    }
    if (one.do === 'tidy') return home.tidy(fails, timeOf(clock));
    if (one.do === 'trim') return home.trim(fails, timeOf(clock));
    const day = (n: number): string => timeOf(n * 24 * HOUR_MS).slice(0, 10);
    if (one.do === 'retry')
      return home.retry(fails, one.service, day(one.days.from), day(one.days.to));
    if (one.do === 'retain') {
      const kept = { requests_days: one.days, rows_days: one.days, labels_days: one.labels };
      return home.retain(fails, one.service, kept, timeOf(clock));
    }
    const by: Readonly<Record<typeof one.by, Erasure>> = {
      requests: { request_ids: [idOf(one.n), idOf(one.n + 5)] },
      client: { client_request_ids: [one.n % 2 ? 'a' : 'b'] },
      value: { column: 'ph', value: one.n % pool.length },
    };
    return home.erase(fails, one.service, by[one.by]);
  };
  for (const one of events) {
    if (one.do === 'append') {
      home.append(
        one.requests.map((n) => n % pool.length),
        one,
      );
    } else if (one.do === 'label') {
      clock += one.after;
      const batch = { service: one.service, labels: one.labels.map(toLabel) };
      batches.push(batch);
      await home.push(batch.service, batch.labels, timeOf(clock), true);
    } else if (one.do === 'again') {
      const batch = batches[one.which % Math.max(1, batches.length)];
      if (batch) await home.push(batch.service, batch.labels, timeOf(clock), false);
    } else if (one.do === 'restart') await home.restart();
    else await does(one.work, isCalm ? null : one.failure);
  }
};

describe('tables to which anything happens: lines, labels, repetitions, builds, merges, erasures, crashes and faults', () => {
  it(
    `are those of the model (${SEQUENCES} sequences, seed ${SEED})`,
    async () => {
      const property = fc.asyncProperty(
        fc.noBias(fc.array(request, { minLength: 1, maxLength: 12 })),
        fc.noBias(fc.array(event, { maxLength: 40, size: 'max' })),
        fc.constantFrom(true, false, false, false),
        async (pool, events, isCalm) => {
          const home = await openWhole(pool, faults);
          try {
            await happen(home, pool, events, isCalm);
            await home.catchUp();
            const expected = home.expected();
            expect(await home.sql()).toEqual(expected);
            const ambiguous = home.ambiguous();
            if (ambiguous) expect(ambiguous.told).toBe(ambiguous.expected);
            await home.merge(null);
            expect(await home.parts()).toEqual(expected);
            for (const one of ['wine', 'red-wine'])
              await home.retry(null, one, '2026-11-01', '2027-12-31');
            const retried = home.expected();
            expect(await home.sql()).toEqual(retried);
            await home.merge(null);
            expect(await home.parts()).toEqual(retried);
            await home.restart();
            expect(await home.oddities()).toEqual({
              miscounted: [],
              full: [],
              unknown: 0,
              decision: undefined,
              drafts: [],
              batches: [],
            });
          } finally {
            home.close();
          }
        },
      );
      await fc.assert(property, { numRuns: SEQUENCES });
    },
    20_000 + SEQUENCES * 4_000,
  );
});
