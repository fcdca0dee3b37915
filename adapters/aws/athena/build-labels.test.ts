import { type BuildItem, buildItem } from './build-item';
import { countUnmatched, labelFrom } from './build-labels';
import { dayFrom } from './day-from';
import type { Statement, StatementResult } from './statement';
import type { Steps } from './steps';
import { itemNeeds } from './testing/item-needs';

const PLACES = { database: 'inference', rawDatabase: 'inference_raw' };
const FROM = { service: 'wine', dates: ['2026-11-20'] };
const DESCRIBED = { table: { columns: [] }, versions: [] };

/** The statements that look for what labels mean, where so many are by clients' ids that were used on some days. */
const looking = (byClients: number, used: readonly string[]): readonly Statement[] => {
  const answers: Readonly<Record<string, StatementResult['rows']>> = {
    'look-at-labels': [[null, String(byClients), null]],
    'look-for-clients': used.map((date) => [date]),
  };
  return askedBy(labelFrom(PLACES, FROM, DESCRIBED), answers);
};

/** The statements of some work that is answered so; by default that there is nothing. */
const askedBy = (
  steps: Steps<unknown>,
  answers: Readonly<Record<string, StatementResult['rows']>>,
): readonly Statement[] => {
  const asked: Statement[] = [];
  for (let next = steps.next(); !next.done; ) {
    const step = next.value;
    if (!('sql' in step)) throw new Error('nothing else is needed');
    asked.push(step);
    next = steps.next({ rows: answers[step.step] ?? [], written: null });
  }
  return asked;
};
const daysFrom = (first: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, n) => dayFrom(first, n));
const stepsOf = (asked: readonly Statement[]) => asked.map(({ step }) => step);

describe('labels by clients’ ids', () => {
  it('cost a look through all days when there are some, and no more when nobody carried them', () => {
    expect(stepsOf(looking(0, []))).toEqual(['look-at-labels']);
    expect(stepsOf(looking(1, []))).toEqual(['look-at-labels', 'look-for-clients']);
  });

  it('have all days looked through at that one column of requests', () => {
    const [, { sql = '' } = {}] = looking(1, []);
    const columns = [...sql.matchAll(/\bq\.(\w+)/g)].map(([, column]) => column);
    // The others stand in paths.
    expect(new Set(columns)).toEqual(new Set(['request_date', 'service', 'client_request_id']));
  });

  it('have requests of those days read in one statement, which sees all that a label means', () => {
    const on = (used: readonly string[]) => looking(1, used)[2]?.sql ?? '';
    expect(on(['2025-01-01', '2026-11-20'])).toContain(
      `q.request_date IN (DATE '2025-01-01', DATE '2026-11-20')`,
    );
    const many = daysFrom('2026-05-01', 100);
    expect(on(many)).toContain(`q.request_date BETWEEN DATE '2026-05-01' AND DATE '2026-08-08'`);
    expect(looking(1, many)).toHaveLength(3);
  });
});

describe('labels whose ids name many days', () => {
  const named = (dates: readonly string[], there: readonly string[]) => ({
    'look-at-labels': dates.map((date) => [date, `${date}-a`, `${date}-b`]),
    'look-for-rows': there.map((date) => [date]),
    'count-labels': [['10000']],
  });

  it('have those days looked at alone of which there are rows', () => {
    const many = named(daysFrom('2020-01-01', 2_500), ['2026-05-01', '2027-01-01']);
    const asked = askedBy(labelFrom(PLACES, FROM, DESCRIBED), many);
    expect(stepsOf(asked)).toEqual(['look-at-labels', 'look-for-rows', 'label-rows']);
    expect(asked[2]?.sql).toContain(`t.request_date IN (DATE '2026-05-01')`);
    expect(asked[2]?.sql).toContain(`BETWEEN '2026-05-01-a' AND '2026-05-01-b'`);
    expect(stepsOf(askedBy(countUnmatched(PLACES, FROM), many))).toEqual([
      ...['count-labels', 'look-at-labels', 'look-for-rows', 'count-matched'],
    ]);
  });

  it('cost no look where one statement has room for all of them', () => {
    const some = named(daysFrom('2026-05-01', 90), []);
    expect(stepsOf(askedBy(labelFrom(PLACES, FROM, DESCRIBED), some))).toEqual([
      ...['look-at-labels', 'label-rows'],
    ]);
  });
});

describe('labels that mean several requests', () => {
  const date = '2026-11-20';
  const answers: Readonly<Record<string, StatementResult['rows']>> = {
    'days-with-labels': [[date]],
    'look-at-labels': [[null, '2', null]],
    'look-for-clients': [[date]],
    'look-at-client-labels': [
      [date, `${date}-a`, `${date}-b`],
      [null, '2', date],
    ],
  };
  /** What is counted as ambiguous by a build of some day. */
  const countedOn = (today: string, item: BuildItem) => {
    const steps = buildItem(itemNeeds(PLACES, DESCRIBED, today), item);
    let next = steps.next();
    while (!next.done) {
      const step = 'sql' in next.value ? next.value.step : '';
      next = steps.next({ rows: answers[step] ?? [], written: 1 });
    }
    return [...next.value.ambiguous];
  };
  const came = { kind: 'labels', service: 'wine', date, hours: ['10'] } as const;

  it('are counted by the day on which they were received, while they wait for requests', () => {
    expect(countedOn(date, came)).toEqual([[date, 2]]);
    expect(countedOn('2026-11-27', came)).toEqual([[date, 2]]);
    expect(countedOn('2026-11-28', came)).toEqual([]);
  });

  it('are not counted by a refresh', () => {
    const again = { kind: 'labels-again', service: 'wine', from: date, to: date } as const;
    expect(countedOn(date, again)).toEqual([]);
  });
});
