import { buildArrival } from './build-arrival';

const PLACES = { database: 'inference', rawDatabase: 'inference_raw' };
const ID = '01a1f866-0d00-7000-8000-000000000001';
const HOURS = Array.from({ length: 24 }, (_, n) => String(n).padStart(2, '0'));

/** The statements that take requests of a day's arrival, with bodies of their own in some hours. */
const taking = (spilled: readonly string[]): readonly string[] => {
  const arrival = { service: 'wine', date: '2026-11-20', hours: HOURS };
  const steps = buildArrival(PLACES, arrival, undefined, '2026-11-20');
  const asked: string[] = [];
  for (let next = steps.next(); !next.done; ) {
    const step = next.value;
    const isTaking = 'sql' in step && step.step === 'take-requests';
    if (isTaking) asked.push(step.sql);
    const found = [['2026-11-20', '9', ID, ID, spilled.length > 0 ? spilled.join(',') : null]];
    next = steps.next({ rows: isTaking ? [] : found, written: 2 });
  }
  return asked;
};

/** The hours of bodies that a statement reads. */
const readBy = (sql: string): readonly string[] => {
  const [, from = ''] = /"spill" WHERE service = 'wine' AND \((.*)\) GROUP BY/.exec(sql) ?? [];
  const hours = from.matchAll(/\(dt = '([^']+)' AND hour = '([^']+)'\)/g);
  return [...hours].map(([, date, hour]) => `${date}/hour=${hour}`);
};

describe('requests with bodies in objects of their own', () => {
  const day = ['2026-11-19/hour=23', ...HOURS.map((hour) => `2026-11-20/hour=${hour}`)];

  it('are taken a few hours at a time, so that no statement reads a day of bodies', () => {
    const statements = taking(day);
    const read = statements.map(readBy);
    expect(Math.max(...read.map(({ length }) => length))).toBeLessThanOrEqual(4);
    expect(read.flat()).toEqual(day);
    // Each of them is taken with the hour of its bodies, and those without bodies of their own once.
    for (const [n, sql] of statements.entries()) {
      const taken = read[n]?.map((hour) => `'${hour}'`).join(', ');
      expect(sql).toContain(`spilled_in IN (${taken})`);
    }
    const others = statements.map((sql) => sql.includes('spilled_in IS NULL'));
    expect(others).toEqual(statements.map((_, n) => n === 0));
  });

  it('cost others nothing where there are none', () => {
    const [sql = '', ...more] = taking([]);
    expect([more, sql.includes('"spill"'), sql.includes('spilled_in IN')]).toEqual([
      [],
      false,
      false,
    ]);
  });
});
