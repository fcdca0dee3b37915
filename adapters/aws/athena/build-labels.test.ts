import { labelFrom } from './build-labels';
import type { Statement, StatementResult } from './statement';

const PLACES = { database: 'inference', rawDatabase: 'inference_raw' };
const FROM = { service: 'wine', dates: ['2026-11-20'] };
const DESCRIBED = { table: { columns: [] }, versions: [] };

/** The statements that look for what labels mean, where so many are by clients' ids that were used on some days. */
const looking = (byClients: number, used: readonly string[]): readonly Statement[] => {
  const answers: Readonly<Record<string, StatementResult['rows']>> = {
    'look-at-labels': [[null, String(byClients), null]],
    'look-for-clients': used.map((date) => [date]),
  };
  const steps = labelFrom(PLACES, FROM, DESCRIBED);
  const asked: Statement[] = [];
  for (let next = steps.next(); !next.done; ) {
    const step = next.value;
    if (!('sql' in step)) throw new Error('nothing else is needed');
    asked.push(step);
    next = steps.next({ rows: answers[step.step] ?? [], written: null });
  }
  return asked;
};
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
    const many = Array.from({ length: 100 }, (_, n) =>
      new Date(Date.parse('2026-05-01') + n * 86_400_000).toISOString().slice(0, 10),
    );
    expect(on(many)).toContain(`q.request_date BETWEEN DATE '2026-05-01' AND DATE '2026-08-08'`);
    expect(looking(1, many)).toHaveLength(3);
  });
});
