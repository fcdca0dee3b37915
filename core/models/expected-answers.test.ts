import * as fc from 'fast-check';
import type { Answer } from '../inference/answer';
import { checkExpected, recordAnswers, TOLERANCE } from './expected-answers';
import type { ExpectedAnswers } from './model-version';

const answer = (predictions: Answer['predictions'], more: Partial<Answer> = {}): Answer => ({
  predictions,
  width: 1,
  probabilities: null,
  modelMs: 1,
  ...more,
});
const expected = (rows: number, more: Partial<ExpectedAnswers> = {}): ExpectedAnswers => ({
  input: { columns: ['x'], data: Array.from({ length: rows }, () => [0]) },
  predictions: null,
  probabilities: null,
  origin: 'given',
  ...more,
});
const probabilities = (values: number[]) => ({ probabilities: { classes: ['a', 'b'], values } });

describe('holding answers against what was expected', () => {
  it('allows what float32 and another order of sums change, relative and absolute', () => {
    const of = (predictions: number[]) => expected(predictions.length, { predictions });
    expect(checkExpected(of([1, 1e6, 0]), answer([1.00019, 1e6 + 99, 0.00009]))).toEqual([]);
    expect(checkExpected(of([1, 1e6, 0]), answer([1.00021, 1e6 + 101, 0.00011]))).toEqual([
      'row 0: predicted 1.00021, expected 1',
      'row 1: predicted 1000101, expected 1000000',
      'row 2: predicted 0.00011, expected 0',
    ]);
  });

  it.each([
    [['a', true], ['a', true], true],
    [['a'], ['b'], false],
    [[true], [1], false],
    [['1'], [1], false],
    [[null], [Number.NaN], true],
    [[null], [1], false],
    [[Number.POSITIVE_INFINITY], [1], false],
    [[1], [Number.NaN], false],
    [[7], [7n], true],
    [[[1, 2]], [1], false],
    [[[1]], [1], true],
  ])('%j expected, %j answered: fits %j', (predictions, got, fits) => {
    const faults = checkExpected(expected(got.length, { predictions }), answer(got));
    expect(faults.length === 0).toBe(fits);
  });

  it('compares wide answers cell by cell', () => {
    const wide = answer([1, 2, 3, 4], { width: 2 });
    const of = (predictions: unknown[]) => checkExpected(expected(2, { predictions }), wide);
    expect(
      of([
        [1, 2],
        [3, 4],
      ]),
    ).toEqual([]);
    expect(
      of([
        [1, 2],
        [3, 5],
      ]),
    ).toEqual(['row 1: predicted [3,4], expected [3,5]']);
    expect(of([1, 3])).toHaveLength(2);
    expect(of([[1, 2, 3, 4]])).toEqual(['2 predictions, expected 1']);
  });

  it('compares every probability by the name of its class', () => {
    const of = (rows: Record<string, number>[], got: number[]) =>
      checkExpected(
        expected(1, { predictions: ['a'], probabilities: rows }),
        answer(['a'], probabilities(got)),
      );
    expect(of([{ b: 0.7, a: 0.3 }], [0.3, 0.7])).toEqual([]);
    expect(of([{ a: 0.7, b: 0.3 }], [0.3, 0.7])).toHaveLength(2);
    expect(of([{ a: 0.3 }], [0.3, 0.7])).toEqual([
      'row 0: probability of b is 0.7, expected nothing',
    ]);
    expect(of([{ a: 0.3, b: 0.7, c: 0 }], [0.3, 0.7])).toHaveLength(1);
    expect(of([], [0.3, 0.7])).toEqual(['probabilities of 1 rows, expected 0']);
    const none = expected(1, { predictions: ['a'], probabilities: [{ a: 1 }] });
    expect(checkExpected(none, answer(['a']))).toHaveLength(1);
  });

  it('asks first answers for one finite prediction per row', () => {
    expect(checkExpected(expected(2), answer([1, 2]))).toEqual([]);
    expect(checkExpected(expected(2), answer(['a', false]))).toEqual([]);
    expect(checkExpected(expected(2), answer([1]))).not.toEqual([]);
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, null]) {
      expect(checkExpected(expected(2), answer([1, odd]))).toEqual([
        'row 1: the answer is not a finite number',
      ]);
    }
    const broken = answer(['a'], probabilities([0.5, Number.NaN]));
    expect(checkExpected(expected(1), broken)).toHaveLength(1);
  });

  it('names the first faults and counts the others', () => {
    const predictions = Array.from({ length: 50 }, () => 1);
    const faults = checkExpected(expected(50, { predictions }), answer(predictions.map(() => 2)));
    expect(faults).toHaveLength(6);
    expect(faults.at(-1)).toBe('and 45 more');
  });

  it('lets every later load reproduce what it recorded, through JSON, and nothing far from it', () => {
    const rows = fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), { minLength: 1 });
    void fc.assert(
      fc.property(rows, fc.nat(), (values, at) => {
        const first = answer(values);
        const kept = JSON.parse(JSON.stringify(recordAnswers(expected(values.length), first)));
        if (checkExpected(kept, first).length > 0) return false;
        const place = at % values.length;
        const other = values.map((value, i) =>
          i === place ? value + 3 * TOLERANCE * (1 + Math.abs(value)) : value,
        );
        return checkExpected(kept, answer(other)).length === 1;
      }),
    );
  });
});
