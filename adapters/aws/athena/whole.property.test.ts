import fc from 'fast-check';
import type { Label } from '../../../core/tables/label';
import { describeTrino } from '../../../infra-tests/trino/describe-trino';
import { type Happened, idOfHappened } from '../../embedded/tables/happened-fixture';
import { labelOf } from '../../embedded/tables/labels-fixture';
import { type Batch, openHappened, type Slot, START } from './testing/happened-tables';

/** More by hand: `TIDEGATE_SEED=random TIDEGATE_SEQUENCES=200 jest -w 1 athena/whole.property`. */
const SEQUENCES = Number(process.env.TIDEGATE_SEQUENCES ?? 1);
const { seed: SEED } = fc.readConfigureGlobal();
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const timeOf = (ms: number): string => new Date(Date.parse(START) + ms).toISOString();
const dayOf = (n: number): string => timeOf(n * DAY_MS).slice(0, 10);
const daysFrom = (from: number, to: number): readonly string[] =>
  Array.from({ length: to - from + 1 }, (_, n) => dayOf(from + n));
/** Weeks pass twice at most, and labels come for less than a week in between. */
const LAST_DAY = 30;

/** What is in an object beside records: halves, other JSON, nothing, and a record of another service. */
const JUNK = [
  ...['{"request_id":"0198', '}', '', '[1]', 'null', '\u0000', '{"request_id":null}'],
  JSON.stringify({ request_id: '01a1f866-0d00-7000-8000-00000000ffff', service: 'other' }),
];
const SLOTS: readonly Slot[] = [
  ['2026-11-20', '00'],
  ['2026-11-20', '00'],
  ['2026-11-20', '23'],
  // Days late.
  ['2026-12-02', '05'],
];

const happened: fc.Arbitrary<Happened> = fc
  .record({
    service: fc.constantFrom(...Array(8).fill('wine' as const), 'red-wine', 'unknown'),
    version: fc.constantFrom(1, 1, 2, 9),
    status: fc.constantFrom(200, 200, 200, 400),
    // The last is too late for labels by a client's id of the first day.
    time: fc.constantFrom(timeOf(-1), START, START, timeOf(58 * HOUR_MS)),
    client: fc.constantFrom('a', 'a', 'b', null),
    isShadow: fc.constantFrom(false, false, true),
    rows: fc.constantFrom(1, 1, 2, 3, 0),
    answers: fc.nat(3),
    ragged: fc.boolean(),
    asText: fc.boolean(),
    isSound: fc.constantFrom(true, true, true, false),
  })
  .map(({ isSound, ...one }) => (isSound ? { ...one, answers: one.rows, ragged: false } : one));
const place = fc.nat(11);
const service = fc.constantFrom('wine', 'wine', 'wine', 'red-wine');
const arrival = fc.record({
  requests: fc.array(place, { minLength: 1, maxLength: 8 }),
  slot: fc.constantFrom(...SLOTS),
  junk: fc.array(fc.constantFrom(...JUNK), { maxLength: 2 }),
});
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
const event = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant('arrive' as const), arrival }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('label' as const),
      service,
      after: fc.constantFrom(1, 1, HOUR_MS, 4 * HOUR_MS),
      labels: fc.array(label, { minLength: 4, maxLength: 10 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('again' as const), which: fc.nat(9) }) },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('build' as const),
      picks: fc.array(fc.record({ nth: fc.nat(5), dieAfter: fc.option(fc.nat(7), { freq: 1 }) }), {
        minLength: 1,
        maxLength: 3,
      }),
      meanwhile: fc.option(arrival, { freq: 1 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('week' as const) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('retry' as const),
      service,
      from: fc.constantFrom(0, 0, 1),
      to: fc.constantFrom(1, LAST_DAY),
    }),
  },
);
type Home = Awaited<ReturnType<typeof openHappened>>;
type Of<A> = A extends fc.Arbitrary<infer T> ? T : never;

/** Has all of it happen; answers which hours something has arrived in. */
const happen = async (
  home: Home,
  pool: readonly Happened[],
  events: readonly Of<typeof event>[],
) => {
  const batches: Batch[] = [];
  const idOf = (n: number): string => idOfHappened(pool, n % pool.length);
  let clock = 0;
  let weeks = 0;
  let labels = 0;
  const toLabel = ({ by, n, client, row, isNamed, labelled }: Of<typeof label>): Label => {
    labels += 1;
    const addresses = {
      example: { example_id: `${idOf(n)}-${row}` },
      request: { request_id: idOf(n), row_index: row },
      client: { client_request_id: client, row_index: row },
    };
    const at = labelled === null ? null : timeOf(labelled * HOUR_MS);
    const told = labelOf(labels, addresses[by], at);
    return isNamed ? { ...told, name: 'click' } : told;
  };
  const arrive = async (one: Of<typeof arrival> | null): Promise<void> => {
    if (one)
      await home.arrive(
        one.requests.map((n) => n % pool.length),
        one.slot,
        one.junk,
      );
  };
  for (const one of events) {
    if (one.do === 'arrive') await arrive(one.arrival);
    else if (one.do === 'build') await home.build(one.picks, () => arrive(one.meanwhile));
    else if (one.do === 'label') {
      clock += one.after;
      const id = `batch-${batches.length}`;
      const batch = {
        id,
        service: one.service,
        at: timeOf(clock),
        labels: one.labels.map(toLabel),
      };
      batches.push(batch);
      await home.push(batch, true);
    } else if (one.do === 'again') {
      const batch = batches[one.which % Math.max(1, batches.length)];
      if (batch) await home.push(batch, false);
    } else if (one.do === 'retry') await home.retry(one.service, daysFrom(one.from, one.to));
    else if (weeks < 2) {
      weeks += 1;
      clock += 8 * DAY_MS;
      await home.weekPasses(timeOf(clock));
    }
  }
};

describeTrino(
  'tables on Athena to which anything happens: objects and labels, again and late, builds that die and builds at once',
  (trino) => {
    it(
      `are those of the model (${SEQUENCES} sequences, seed ${SEED})`,
      async () => {
        const property = fc.asyncProperty(
          fc.noBias(fc.array(happened, { minLength: 4, maxLength: 12 })),
          fc.noBias(fc.array(event, { minLength: 5, maxLength: 10, size: 'max' })),
          fc.constantFrom(true, false, false),
          async (pool, events, isRebuilt) => {
            const home = await openHappened(trino, pool);
            try {
              await happen(home, pool, events);
              await home.buildAll();
              expect(await home.found()).toEqual(home.expected());
              const { told, expected: several } = home.ambiguous();
              expect(told).toBe(several);
              for (const one of ['wine', 'red-wine']) await home.retry(one, daysFrom(0, LAST_DAY));
              const expected = home.expected();
              expect(await home.found()).toEqual(expected);
              // Once more, and from behind: nothing is written.
              expect(isRebuilt ? await home.rebuildAll() : []).toEqual([]);
              expect(home.ambiguous().told).toBe(several);
              expect(await home.found()).toEqual(expected);
            } finally {
              home.close();
            }
          },
        );
        // Each takes a dozen seconds: a failure is told as it is, without a search for a smaller one.
        await fc.assert(property, { numRuns: SEQUENCES, endOnFailure: true });
      },
      60_000 + SEQUENCES * 120_000,
    );
  },
  // The golden cases hold the statements to both releases.
  ['406'],
);
