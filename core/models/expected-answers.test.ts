import * as fc from 'fast-check';
import type { Answer } from '../inference/answer';
import { checkExpected, TOLERANCE } from './expected-answers';
import type { ExpectedAnswers } from './model-version';
import { recordAnswers } from './record-answers';

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

  it('names the first output of a wide answer that differs', () => {
    const cells = Array.from({ length: 512 }, (_, place) => place);
    const other = cells.map((cell) => (cell === 300 ? 7 : cell));
    expect(
      checkExpected(expected(1, { predictions: [cells] }), answer(other, { width: 512 })),
    ).toEqual(['row 0, output 300: predicted 7, expected 300']);
  });

  it('cuts what it repeats of long answers, between characters', () => {
    // A quote, 198 letters, and a pair of surrogates in the way of the cut.
    const long = `${'a'.repeat(198)}🙂${'b'.repeat(9_000)}`;
    expect(checkExpected(expected(1, { predictions: [long] }), answer(['x']))).toEqual([
      `row 0: predicted "x", expected "${'a'.repeat(198)}…`,
    ]);
    const got = { classes: ['c'.repeat(9_000)], values: [0.5] };
    const of = expected(1, { predictions: ['x'], probabilities: [{ [got.classes[0] ?? '']: 1 }] });
    const [fault = ''] = checkExpected(of, answer(['x'], { probabilities: got }));
    expect(fault).toMatch(/^row 0: probability of c{200}… is 0.5, expected 1$/);
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

describe('recording more answers than can be kept', () => {
  const ROWS = 100;
  const WIDTH = 512;
  const wide = (change: (cell: number, at: number) => number = (cell) => cell) => {
    const cells = Array.from({ length: ROWS * WIDTH }, (_, at) => change(Math.sqrt(at), at));
    const values = cells.slice(0, ROWS * 2);
    return answer(cells, { width: WIDTH, probabilities: { classes: ['a', 'b'], values } });
  };
  const kept: ExpectedAnswers = JSON.parse(JSON.stringify(recordAnswers(expected(ROWS), wide())));
  const known = kept.predictions?.length ?? 0;

  it('keeps those of the first rows that fit, and all rows', () => {
    expect(JSON.stringify([kept.predictions, kept.probabilities]).length).toBeLessThan(100_000);
    expect(known).toBeGreaterThan(5);
    expect(kept.probabilities).toHaveLength(known);
    expect(kept.input.data).toHaveLength(ROWS);
  });

  it('counts bytes, not characters', () => {
    const labels = Array.from({ length: ROWS }, () => '☃'.repeat(1_000));
    expect(recordAnswers(expected(ROWS), answer(labels)).predictions).toHaveLength(33);
  });

  it('holds later loads against what it kept, and asks the other rows for finite answers', () => {
    expect(checkExpected(kept, wide())).toEqual([]);
    const last = known * WIDTH - 1;
    expect(
      checkExpected(
        kept,
        wide((cell, at) => (at === last ? 9_999 : cell)),
      ),
    ).toEqual([expect.stringMatching(`^row ${known - 1}, output ${WIDTH - 1}: predicted 9999`)]);
    const beyond = (value: number) => wide((cell, at) => (at === last + 1 ? value : cell));
    expect(checkExpected(kept, beyond(9_999))).toEqual([]);
    expect(checkExpected(kept, beyond(Number.NaN))).toEqual([
      `row ${known}: the answer is not a finite number`,
    ]);
    const short = answer([1], { width: WIDTH });
    expect(checkExpected(kept, short)[0]).toBe('1 predictions for 100 rows of 512');
  });

  it('keeps no answer where not even one fits, and asks for finite ones then', () => {
    const huge = answer(['x'.repeat(200_000)]);
    const none = recordAnswers(expected(1), huge);
    expect(none).toMatchObject({ predictions: [], origin: 'recorded' });
    expect(checkExpected(none, huge)).toEqual([]);
    expect(checkExpected(none, answer([null]))).toHaveLength(1);
  });
});
