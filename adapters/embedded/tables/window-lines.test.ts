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
afterAll(() => rmSync(folder, { recursive: true }));

describe('the lines of a window', () => {
  it('are kept as they stand when they are records, counted when they are none', async () => {
    const records = [
      '{"request_id": "a", "b": 1.50,"request":{"a": 1.50},"response":null}',
      '{"request_id":"b","request":"\u2028 😀","response":{}}',
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

  it('have their bodies last, as this log has them', async () => {
    const line =
      '{"request_id":"a","response":{"b":1.0},"request":"","status_code":200}\n{"request_id":"b"}\n';
    const copy = join(folder, 'copy');
    await keepRecords([fileOf('other', line)], copy);
    expect(readFileSync(copy, 'utf8')).toBe(
      '{"request_id":"a","status_code":200,"request":"","response":{"b":1}}\n' +
        '{"request_id":"b","request":null,"response":null}\n',
    );
  });

  it('lose halves of surrogate pairs, not pairs or escaped backslashes', async () => {
    const escapes = (...all: string[]) =>
      `{"request_id":"a","request":"${all.join('')}","response":null}\n`;
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
    const record = `{"request_id":"a","request":"${long}","response":null}\n`;
    expect(await keepRecords([fileOf('record', record)], copy)).toBe(0);
    expect(readFileSync(copy, 'utf8')).toBe(record);
  });
});
