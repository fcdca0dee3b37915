import type { StatementResult } from './statement';
import { nextStep, type Steps, type Until } from './steps';

const result = (written: number): StatementResult => ({ rows: [], written });

function* work(): Steps<number> {
  const first = yield { step: 'first', sql: 'SELECT 1' };
  if (first.written === 0) return 0;
  const second = yield { step: 'second', sql: 'SELECT 2' };
  return (first.written ?? 0) + (second.written ?? 0);
}

function* waiting(): Steps<number | null> {
  yield { step: 'first', sql: 'SELECT 1' };
  yield { until: 'older-runs-end' };
  return (yield { chore: { kind: 'empty', service: 'wine' } }).written;
}

function* twice(): Steps<null> {
  yield { until: 'older-runs-end' };
  yield { until: 'files-settle' };
  return null;
}

const never = async (): Promise<number> => {
  throw new Error('nothing to wait for');
};

describe('work in steps', () => {
  it('goes on where its results end', async () => {
    expect(await nextStep(work(), [], never)).toMatchObject({ statement: { step: 'first' } });
    expect(await nextStep(work(), [result(1)], never)).toMatchObject({
      statement: { step: 'second' },
    });
    expect(await nextStep(work(), [result(1), result(2)], never)).toEqual({ done: 3 });
  });

  it('may end early', async () => {
    expect(await nextStep(work(), [result(0)], never)).toEqual({ done: 0 });
  });

  it('refuses results of steps that it never asked for', async () => {
    await expect(nextStep(work(), [result(0), result(1)], never)).rejects.toThrow('more results');
  });

  it('refuses a result of another step than is asked for', async () => {
    const first = { ...result(1), step: 'first' };
    expect(await nextStep(work(), [first], never)).toMatchObject({ statement: { step: 'second' } });
    await expect(nextStep(work(), [first, first], never)).rejects.toThrow('something else to do');
  });

  it('waits as long as it is told to, and no longer when something behind it is done', async () => {
    expect(await nextStep(waiting(), [result(1)], async () => 15)).toEqual({ wait: 15 });
    expect(await nextStep(waiting(), [result(1)], async () => 0)).toEqual({
      chore: { kind: 'empty', service: 'wine' },
    });
    const done = [result(1), result(7)];
    expect(await nextStep(waiting(), done, never)).toEqual({ done: 7 });
  });

  it('asks about one wait after the other', async () => {
    const asked: Until[] = [];
    const left = async (until: Until) => asked.push(until) - asked.length;
    expect(await nextStep(twice(), [], left)).toEqual({ done: null });
    expect(asked).toEqual(['older-runs-end', 'files-settle']);
  });
});
