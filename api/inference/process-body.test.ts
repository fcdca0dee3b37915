import { compileInput } from './compiled-input';
import { processBody } from './process-body';
import { readPrediction } from './read-request';
import { signatureOf } from './signature-fixture';

const bodyFor = (signature: ReturnType<typeof signatureOf>, sent: unknown): string => {
  const bytes = new TextEncoder().encode(JSON.stringify(sent));
  const options = { maxRows: 9, positional: false };
  const request = readPrediction(bytes, 'json', compileInput(signature), options);
  const body = processBody(request, signature, request.asReceived ? bytes : null);
  return new TextDecoder().decode(body);
};

describe('the body that a model in a process gets', () => {
  it('is the one that came, to the byte, if it is a dataframe_split that needs no change', () => {
    const sent = { dataframe_split: { index: [7], columns: ['x', 'more'], data: [[1, 2]] } };
    expect(bodyFor(signatureOf({ x: 'double' }), sent)).toBe(JSON.stringify(sent));
  });

  it('is a dataframe_split of the columns that the model takes', () => {
    const body = bodyFor(signatureOf({ x: 'double', n: 'long' }), {
      instances: [{ n: 7, more: 1, x: null }],
    });
    expect(JSON.parse(body)).toEqual({
      dataframe_split: { columns: ['x', 'n'], data: [[null, 7]] },
    });
  });

  it('has times as UTC without a zone, and null where an optional column is absent', () => {
    const signature = signatureOf({ 'note?': 'string', at: 'datetime', 'score?': 'double' });
    const body = bodyFor(signature, {
      dataframe_split: {
        columns: ['at', 'score'],
        data: [
          ['2026-02-03T04:05:06+01:00', 1],
          ['2026-02-03', null],
        ],
      },
    });
    expect(JSON.parse(body)).toEqual({
      dataframe_split: {
        columns: ['note', 'at', 'score'],
        data: [
          [null, '2026-02-03T03:05:06.000', 1],
          [null, '2026-02-03T00:00:00.000', null],
        ],
      },
    });
  });

  it('names an optional column that is absent, also where nothing else needs a change', () => {
    const sent = { dataframe_split: { columns: ['x'], data: [[1]] } };
    const body = bodyFor(signatureOf({ x: 'double', 'note?': 'string' }), sent);
    expect(JSON.parse(body)).toEqual({
      dataframe_split: { columns: ['x', 'note'], data: [[1, null]] },
    });
  });
});
