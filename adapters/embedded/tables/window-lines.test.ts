import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keepRecords } from './window-lines';

const folder = mkdtempSync(join(tmpdir(), 'tidegate-lines-'));
const fileOf = (name: string, content: string | Buffer): string => {
  const file = join(folder, name);
  writeFileSync(file, content);
  return file;
};
/** A line with its bodies between tabs, as they are written. */
const spelt = (columns: string, request: string, response: string): string =>
  `${columns}\t,"request":\t${request}\t,"response":\t${response}\t}`;
afterAll(() => rmSync(folder, { recursive: true }));

describe('the lines of a window', () => {
  it('are kept as they stand when they are records, counted when they are none', async () => {
    const records = [
      spelt('{"request_id": "a", "b": 1.50', '{"a": 1.50}', 'null'),
      spelt('{"request_id":"b"', '"\u2028 😀"', '{}'),
    ];
    const files = [
      fileOf('one', `{\n}\n${records[0]}\n\n[\n{"request_id":5}\n{"request_id":"to\n`),
      fileOf(
        'two',
        Buffer.concat([Buffer.from([0xff, 0x0a]), Buffer.from(`null\n${records[1]}\n`)]),
      ),
    ];
    const copy = join(folder, 'copy');
    expect(await keepRecords(files, copy)).toBe(7);
    expect(readFileSync(copy, 'utf8')).toBe(`${records.join('\n')}\n`);
  });

  it.each([
    ['other places', '{"request_id":"a","response":{"b":1.0},"request":"","status_code":200}'],
    ['no tabs', '{"request_id":"a","status_code":200,"request":"","response":{"b":1}}'],
    ['one tab more', `${spelt('{"request_id":"a",\t"status_code":200', '""', '{"b":1}')}`],
    ['a return', `${spelt('{"request_id":"a","status_code":200', '""', '{"b":\r1}')}`],
  ])('are spelt as this log has them when they had %s', async (_, line) => {
    const copy = join(folder, 'copy');
    await keepRecords([fileOf('other', `${line}\n{"request_id":"b"}\n`)], copy);
    expect(readFileSync(copy, 'utf8')).toBe(
      `${spelt('{"request_id":"a","status_code":200', '""', '{"b":1}')}\n` +
        `${spelt('{"request_id":"b"', 'null', 'null')}\n`,
    );
  });

  it('lose halves of surrogate pairs, not pairs or escaped backslashes', async () => {
    const escapes = (...all: string[]) =>
      `${spelt('{"request_id":"a"', `"${all.join('')}"`, 'null')}\n`;
    const file = fileOf('half', escapes('\\ud83d\\ude00', '\\ud83d', '\\\\ud83d', '\\uDE00'));
    const copy = join(folder, 'copy');
    expect(await keepRecords([file], copy)).toBe(0);
    expect(readFileSync(copy, 'utf8')).toBe(
      escapes('\\ud83d\\ude00', '\\ufffd', '\\\\ud83d', '\\ufffd'),
    );
  });

  it('are kept, also over the borders of what is read at once', async () => {
    const long = 'x'.repeat((1 << 20) + 7);
    const copy = join(folder, 'copy');
    const record = `${spelt('{"request_id":"a"', `"${long}"`, 'null')}\n`;
    expect(await keepRecords([fileOf('record', record)], copy)).toBe(0);
    expect(readFileSync(copy, 'utf8') === record).toBe(true);
  });
});
