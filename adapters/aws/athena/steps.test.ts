import type { StatementResult } from './statement';
import { nextStep, type Steps } from './steps';

const result = (written: number): StatementResult => ({ rows: [], written });

function* work(): Steps<number> {
  const first = yield { step: 'first', sql: 'SELECT 1' };
  if (first.written === 0) return 0;
  const second = yield { step: 'second', sql: 'SELECT 2' };
  return (first.written ?? 0) + (second.written ?? 0);
}

describe('work in steps', () => {
  it('goes on where its results end', () => {
    expect(nextStep(work(), [])).toMatchObject({ statement: { step: 'first' } });
    expect(nextStep(work(), [result(1)])).toMatchObject({ statement: { step: 'second' } });
    expect(nextStep(work(), [result(1), result(2)])).toEqual({ done: 3 });
  });

  it('may end early', () => {
    expect(nextStep(work(), [result(0)])).toEqual({ done: 0 });
  });

  it('refuses results of statements that it never asked for', () => {
    expect(() => nextStep(work(), [result(0), result(1)])).toThrow('more results');
  });
});
