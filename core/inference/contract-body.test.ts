import { withParams } from './contract-body';

const bytes = (text: string) => new TextEncoder().encode(text);
const textOf = (parts: readonly Uint8Array[]) => Buffer.concat(parts).toString();

describe('body for a scoring process', () => {
  it('adds params to a body, and leaves one without alone', () => {
    const body = bytes('{"dataframe_split":{"columns":["a"],"data":[[1]]}}');
    expect(withParams(body, null)).toEqual([body]);
    expect(JSON.parse(textOf(withParams(body, { scale: 2, deep: { '}': '"' } })))).toEqual({
      dataframe_split: { columns: ['a'], data: [[1]] },
      params: { scale: 2, deep: { '}': '"' } },
    });
  });
});
