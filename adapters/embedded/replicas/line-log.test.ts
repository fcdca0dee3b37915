import { PassThrough } from 'node:stream';
import { finished } from 'node:stream/promises';
import fc from 'fast-check';
import { logLines } from './line-log';

const linesOf = async (chunks: readonly (string | Buffer)[]) => {
  const stream = new PassThrough();
  const lines: [string, string][] = [];
  logLines(stream, (level, message) => lines.push([level, message]));
  for (const chunk of chunks) stream.write(chunk);
  stream.end();
  await finished(stream);
  return lines;
};

describe('log of a stream', () => {
  it('logs line by line, however the chunks are cut, and the rest at the end', async () => {
    const text = 'one\r\n\ntwo né☃\n  three';
    await fc.assert(
      fc.asyncProperty(fc.array(fc.nat(Buffer.byteLength(text))), async (cuts) => {
        const bytes = Buffer.from(text);
        const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const chunks = at.slice(1).map((end, i) => bytes.subarray(at[i], end));
        const lines = await linesOf(chunks);
        expect(lines.map(([, message]) => message)).toEqual(['one', 'two né☃', '  three']);
      }),
    );
  });

  it('cuts long lines, and keeps no more of them', async () => {
    const [[, first] = [], [, second] = []] = await linesOf([
      ...Array.from({ length: 100 }, () => 'x'.repeat(1_000)),
      '\nnext\n',
    ]);
    expect(first).toBe(`${'x'.repeat(8_192)}…`);
    expect(second).toBe('next');
  });

  it('takes what would move a terminal out', async () => {
    await expect(linesOf(['\u001b[31mred\u001b[0m\u0007 a\tb\u0000\n'])).resolves.toEqual([
      ['info', 'red a\tb'],
    ]);
  });

  it('tells by the words how bad a line is', async () => {
    const lines = await linesOf([
      '2026/01/01 INFO mlflow: started\nUserWarning: old\nWARNING: x\nValueError: no\nERROR y\n',
    ]);
    expect(lines.map(([level]) => level)).toEqual(['info', 'info', 'warning', 'error', 'error']);
  });
});
