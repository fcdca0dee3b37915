import fc from 'fast-check';
import type { OutputSignature } from '../models/signature';
import { answerOf } from './contract-answer';

const output = (about: Partial<OutputSignature> = {}): OutputSignature => ({
  type: 'double',
  width: 1,
  classes: null,
  ...about,
});
const read = (body: unknown, about: Partial<OutputSignature> = {}, rows = 2) =>
  answerOf(typeof body === 'string' ? body : JSON.stringify(body), output(about), rows, 1.5);

describe('answer of a scoring process', () => {
  it('reads one value per row, alone or in a list of one', () => {
    expect(read({ predictions: [5.1, 5.6] })).toEqual({
      predictions: [5.1, 5.6],
      width: 1,
      probabilities: null,
      modelMs: 1.5,
    });
    expect(read([[5.1], [5.6]]).predictions).toEqual([5.1, 5.6]);
    const words = read({ predictions: ['red', 'white'] }, { type: 'string' });
    expect(words.predictions).toEqual(['red', 'white']);
  });

  it('reads rows of several values, from lists, columns of a DataFrame or outputs', () => {
    const wide = { width: 2 };
    const flat = [1, 2, 3, 4];
    expect(
      read(
        {
          predictions: [
            [1, 2],
            [3, 4],
          ],
        },
        wide,
      ).predictions,
    ).toEqual(flat);
    expect(
      read(
        {
          predictions: [
            [[1], [2]],
            [[3], [4]],
          ],
        },
        wide,
      ).predictions,
    ).toEqual(flat);
    const frame = [
      { low: 1, high: 2 },
      { high: 4, low: 3 },
    ];
    expect(read({ predictions: frame }, wide).predictions).toEqual(flat);
    expect(read({ predictions: { low: [1, 3], high: [2, 4] } }, wide).predictions).toEqual(flat);
  });

  it('reads probabilities that stand beside the predictions, as our model server answers', () => {
    const body = {
      predictions: ['a', 'b'],
      probabilities: [
        { a: 0.7, b: 0.3 },
        { b: 1, a: 0 },
      ],
    };
    const about = { type: 'string', classes: ['a', 'b'] } as const;
    expect(read(body, about).probabilities).toEqual({
      classes: ['a', 'b'],
      values: [0.7, 0.3, 0, 1],
    });
    const short = { ...body, probabilities: [{ a: 1, b: 0 }] };
    expect(() => read(short, about)).toThrow('it answered 1 rows for 2');
  });

  it('reads probabilities as lists, by class, or as an output per class', () => {
    const classes = { type: 'long', classes: ['5', '6'] } as const;
    const probabilities = { classes: ['5', '6'], values: [0.7, 0.3, 0.1, 0.9] };
    for (const predictions of [
      {
        label: [5, 6],
        probabilities: [
          [0.7, 0.3],
          [0.1, 0.9],
        ],
      },
      {
        label: [5, 6],
        shap: [
          [1, 2, 3],
          [4, 5, 6],
        ],
        p: [
          { 6: 0.3, 5: 0.7 },
          { 5: 0.1, 6: 0.9 },
        ],
      },
      [
        { label: 5, 5: 0.7, 6: 0.3 },
        { label: 6, 6: 0.9, 5: 0.1 },
      ].map(({ label, ...rest }) => ({ label, p: rest })),
      {
        label: [5, 6],
        p: [
          [0.7, 0.3],
          [0.1, 0.9],
        ],
        other: [1, 2],
      },
    ]) {
      expect(read({ predictions }, classes)).toMatchObject({ predictions: [5, 6], probabilities });
    }
    expect(read({ predictions: [5, 6] }, classes).probabilities).toBeNull();
    const named = { label: ['a', 'b'], b: [0.3, 0.9], a: [0.7, 0.1] };
    expect(read({ predictions: named }, { type: 'string', classes: ['a', 'b'] })).toMatchObject({
      probabilities: { classes: ['a', 'b'], values: [0.7, 0.3, 0.1, 0.9] },
    });
  });

  it('reads the NaN and infinities that Python writes as null, and leaves text alone', () => {
    expect(read('{"predictions": [NaN, -Infinity]}').predictions).toEqual([null, null]);
    const text = '{"predictions": ["NaN \\" Infinity", "x"], "more": [NaN]}';
    expect(read(text, { type: 'string' }).predictions).toEqual(['NaN " Infinity', 'x']);
  });

  it.each([
    ['nothing', '', 'not JSON'],
    ['a page', '<html>', 'not JSON'],
    ['null', null, 'no list'],
    ['a number', 5, 'no list'],
    ['an error under 200', { error: 'no model' }, 'not a list'],
    ['too few rows', { predictions: [1] }, '1 rows for 2'],
    ['too many rows', { predictions: [1, 2, 3] }, '3 rows for 2'],
    ['uneven outputs', { predictions: { a: [1, 2], b: [1] } }, '1 rows for 2'],
    ['no output', { predictions: {} }, 'no output'],
    [
      'wide rows',
      {
        predictions: [
          [1, 2],
          [3, 4],
        ],
      },
      '2 values a row',
    ],
    ['ragged rows', { predictions: [[1], []] }, '0 values a row'],
    ['a row of another kind', { predictions: [{ a: 1 }, 2] }, 'undefined where'],
    ['text for numbers', { predictions: ['1', '2'] }, 'string where its signature has double'],
  ])('refuses %s', (_, body, why) => {
    expect(() => read(body)).toThrow(why);
  });

  it('refuses values of another type than its signature has', () => {
    expect(() => read([1.5, 2], { type: 'long' })).toThrow('number where its signature has long');
    expect(() => read([1, 0], { type: 'boolean' })).toThrow('has boolean');
    expect(() => read([1, 2], { type: 'string' })).toThrow('has string');
    expect(read([true, null], { type: 'boolean' }).predictions).toEqual([true, null]);
  });

  it('gives one answer or one Error for whatever JSON there is', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.nat(3),
        fc.integer({ min: 1, max: 3 }),
        (body, rows, width) => {
          try {
            const { predictions } = read({ predictions: body }, { width }, rows);
            expect(predictions).toHaveLength(rows * width);
          } catch (error) {
            expect((error as Error).message).toMatch(/^(it answered|its answer|an output)/);
          }
        },
      ),
    );
  });
});
