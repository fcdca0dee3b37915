import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { aRecord, idAt, NOON } from '../../contracts/capture-sink.contract';
import { captureLog } from './capture-log';
import { repairLog } from './repair-log';

const FIRST = '20260101T120000000Z-00000001.ndjson';
const SECOND = '20260101T120100000Z-00000002.ndjson';

describe('repairing a capture log', () => {
  let folder = '';
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'repair-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const write = (file: string, text: string) => writeFileSync(join(folder, file), text);
  const read = (file: string) => readFileSync(join(folder, file), 'utf8');

  it('finds nothing to do in an empty folder, and tells the highest number', () => {
    expect(repairLog(folder)).toBe(-1);
    write(FIRST, '{}\n');
    write(SECOND, '{}\n');
    write('20260101T120100000Z-0000000x.ndjson', 'somebody else’s');
    expect(repairLog(folder)).toBe(2);
    expect(readdirSync(folder)).toHaveLength(3);
  });

  it.each([
    ['half a line', '{"a":1}\n{"b":2}\n{"c":', '{"a":1}\n{"b":2}\n'],
    ['zeros', '{"a":1}\n{"b":2}\n\0\0\0\0', '{"a":1}\n{"b":2}\n'],
    ['zeros before a line', '{"a":1}\n{"b"\0\0\n{"c":3}\n', '{"a":1}\n'],
    ['zeros and half a line far away', `{"a":1}\n\0${'x'.repeat(3_000_000)}`, '{"a":1}\n'],
    ['zeros and whole lines far away', `{"a":1}\n\0${'x'.repeat(3_000_000)}\n{}\n`, '{"a":1}\n'],
    ['a long line', `{"a":1}\n${'x'.repeat(3_000_000)}\nxx`, `{"a":1}\n${'x'.repeat(3_000_000)}\n`],
  ])('cuts %s off and keeps it aside', (_, text, sound) => {
    write(FIRST, text);
    repairLog(folder);
    expect(read(FIRST) === sound).toBe(true);
    expect(read(`${FIRST}.torn`) === text.slice(sound.length)).toBe(true);
    repairLog(folder);
    expect(read(FIRST) === sound).toBe(true);
  });

  it('removes a segment of which nothing is sound', () => {
    write(FIRST, '{"a":1}\n');
    write(SECOND, '{"b"');
    expect(repairLog(folder)).toBe(2);
    expect(readdirSync(folder)).toEqual([FIRST, `${SECOND}.torn`]);
  });

  it('mends the segments before a torn one, up to the first that is sound', () => {
    write(FIRST, '{"a":1}\n{');
    write(SECOND, '{"b":1}\n{');
    repairLog(folder);
    expect([read(FIRST), read(SECOND)]).toEqual(['{"a":1}\n', '{"b":1}\n']);
  });

  it('is done when a log is opened, which then goes on in a segment of its own', async () => {
    write(FIRST, '{"a":1}\n{"torn');
    const sink = captureLog({ folder, onLost: () => undefined });
    await new Promise<void>((done) => sink.append(aRecord({ request_id: idAt(NOON) }), done));
    await sink.close();
    expect(read(FIRST)).toBe('{"a":1}\n');
    expect(readdirSync(folder)).toHaveLength(3);
  });
});
