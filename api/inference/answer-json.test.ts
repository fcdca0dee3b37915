import { answerJson } from './answer-json';

const ids = { requestId: 'r', clientRequestId: null, version: 'v1', modelVersion: 'wine/1' };
const parsed = (answer: Parameters<typeof answerJson>[0], own = {}) =>
  JSON.parse(answerJson(answer, { ...ids, ...own }));

describe('an answer as JSON', () => {
  it('has a scalar per row, null for what is not finite', () => {
    const predictions = Float64Array.of(5.1, Number.NaN, Number.POSITIVE_INFINITY, -0);
    expect(parsed({ predictions, width: 1, probabilities: null, modelMs: 1 })).toEqual({
      predictions: [5.1, null, null, 0],
      request_id: 'r',
      service_version: 'v1',
      model_version: 'wine/1',
    });
  });

  it('has an array per row when the output is wider', () => {
    const predictions = [1, 2, 3, 4, 5, 6];
    const answer = { predictions, width: 3, probabilities: null, modelMs: 1 };
    expect(parsed(answer).predictions).toEqual([
      [1, 2, 3],
      [4, 5, 6],
    ]);
  });

  it('answers texts, truths and whole numbers beyond 2^53', () => {
    const predictions = ['a "b"\n', true, null, 9007199254740993n];
    const json = answerJson({ predictions, width: 1, probabilities: null, modelMs: 1 }, ids);
    expect(json).toContain('["a \\"b\\"\\n",true,null,9007199254740993]');
  });

  it('writes half a surrogate pair, which many readers of JSON refuse, as U+FFFD', () => {
    const predictions = ['a\ud83d', '\u{1f600}'];
    const json = answerJson({ predictions, width: 1, probabilities: null, modelMs: 1 }, ids);
    expect(json).toContain('["a\ufffd","\u{1f600}"]');
  });

  it('names each probability by its class, whatever the name', () => {
    const classes = ['5', 'né "x"', '__proto__'];
    const values = Float32Array.of(0.5, 0.25, 0.25, 0, 1, Number.NaN);
    const answer = {
      predictions: [5, 6],
      width: 1,
      probabilities: { classes, values },
      modelMs: 1,
    };
    expect(Object.entries(parsed(answer).probabilities[0])).toEqual([
      ['5', 0.5],
      ['né "x"', 0.25],
      ['__proto__', 0.25],
    ]);
    expect(parsed(answer).probabilities[1]['né "x"']).toBe(1);
  });

  it("echoes the caller's own id", () => {
    const answer = { predictions: [1], width: 1, probabilities: null, modelMs: 1 };
    expect(parsed(answer, { clientRequestId: 'a"b\\' }).client_request_id).toBe('a"b\\');
  });

  it('is valid for no rows at all', () => {
    const probabilities = { classes: ['a'], values: [] };
    expect(parsed({ predictions: [], width: 2, probabilities, modelMs: 1 })).toMatchObject({
      predictions: [],
      probabilities: [],
    });
  });
});
