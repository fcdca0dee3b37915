import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { segmentFile } from '../capture-log/segments';
import { filesOf, LOG_START, type LogPosition, nextWindow } from './log-window';

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

const openLog = () => {
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-window-'));
  folders.push(folder);
  const pathOf = (sequence: number, time = '2026-11-20'): string =>
    join(folder, segmentFile(Date.parse(time), sequence));
  return {
    folder,
    pathOf,
    append: (sequence: number, text: string, time?: string): void =>
      appendFileSync(pathOf(sequence, time), text),
  };
};

/** What the windows hold, one after the other. */
const windowsOf = async (folder: string, most: number, from: LogPosition = LOG_START) => {
  const texts: string[] = [];
  let at = from;
  for (let next = nextWindow(folder, at, most); next; next = nextWindow(folder, at, most)) {
    const files = await filesOf(next, join(folder, 'draft'));
    texts.push(files.map((file) => readFileSync(file, 'utf8')).join(''));
    at = next.end;
  }
  return { texts, at };
};

describe('the windows of a log', () => {
  it('hold all whole lines once, in order, whatever the sizes, and the rest when it is whole', async () => {
    const lines = fc.array(
      fc.nat(40).map((size) => `${'x'.repeat(size)}\n`),
      { maxLength: 12 },
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(lines, { maxLength: 4 }),
        fc.integer({ min: 1, max: 120 }),
        fc.nat(20),
        async (segments, most, torn) => {
          const { folder, append } = openLog();
          segments.forEach((texts, i) => {
            append(i * 2, texts.join(''));
          });
          append(99, `a\n${'b'.repeat(torn)}`);
          const { texts, at } = await windowsOf(folder, most);
          expect(texts.join('')).toBe(`${segments.flat().join('')}a\n`);
          // Each is as large as allowed, but for a line that is larger alone.
          for (const text of texts) {
            expect(text.length <= most || text.indexOf('\n') === text.length - 1).toBe(true);
          }
          append(99, 'c\n');
          expect((await windowsOf(folder, most, at)).texts.join('')).toBe(`${'b'.repeat(torn)}c\n`);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('are as they were when they began, whatever is written to the log meanwhile', async () => {
    const { folder, append } = openLog();
    append(1, `${'a'.repeat(20)}\n`);
    // The second time a line is longer than the window.
    for (const most of [100, 4]) {
      const window = nextWindow(folder, LOG_START, most);
      append(1, 'b\n');
      const files = window ? await filesOf(window, join(folder, 'draft')) : [];
      append(1, 'torn');
      const text = files.map((file) => readFileSync(file, 'utf8')).join('');
      expect(text).toBe(`${'a'.repeat(20)}\n`);
      rmSync(join(folder, segmentFile(Date.parse('2026-11-20'), 1)));
      append(1, `${'a'.repeat(20)}\n`);
    }
  });

  it('end with a day when they are half full by then', async () => {
    const { folder, append } = openLog();
    append(1, 'aaaa\n', '2026-11-20T22:00:00Z');
    append(2, 'bbbb\n', '2026-11-20T23:00:00Z');
    append(3, 'cccc\n', '2026-11-21T00:00:00Z');
    append(4, 'dddd\n', '2026-11-21T23:00:00Z');
    append(5, 'eeee\n', '2026-11-22T00:00:00Z');
    expect((await windowsOf(folder, 18)).texts).toEqual(['aaaa\nbbbb\n', 'cccc\ndddd\n', 'eeee\n']);
    expect((await windowsOf(folder, 24)).texts).toEqual(['aaaa\nbbbb\ncccc\ndddd\n', 'eeee\n']);
    expect(nextWindow(folder, LOG_START, 18)?.more).toBe(true);
  });

  it('begin anew when the segment that was reached is gone', async () => {
    const { folder, append, pathOf } = openLog();
    append(57, 'old\n');
    const { at } = await windowsOf(folder, 100);
    rmSync(pathOf(57));
    expect(nextWindow(folder, at, 100)).toBeNull();
    append(1, 'new\n', '2026-11-21');
    expect((await windowsOf(folder, 100, at)).texts).toEqual(['new\n']);
    // The number is there again, in another segment.
    rmSync(pathOf(1, '2026-11-21'));
    append(57, 'newer\n', '2026-11-22');
    expect((await windowsOf(folder, 100, at)).texts).toEqual(['newer\n']);
  });
});
