import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from './support/platform';

const root = resolve(__dirname, '..');
const HOUR_MS = 3_600_000;
const T = Date.parse('2026-11-20T10:00:00.000Z');

/** A folder for builds, each as of when it began; answers the names of what is there after one. */
const openFolder = () => {
  const folder = join(temporaryFolder(), '.build');
  const script = `
    import { readFileSync } from 'node:fs';
    import { writeBuild } from '${root}/bin/write-build.mjs';
    const { files, ...rest } = JSON.parse(readFileSync(0, 'utf8'));
    writeBuild('${folder}', files, { entries: ['main.mjs'], ...rest });`;
  const entry = join(folder, 'main.mjs');
  const modified = () => statSync(entry, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const build = (began: number, files: Readonly<Record<string, string>>, before = modified()) => {
    const made = Object.entries(files).map(([path, contents]) => ({ path, contents }));
    const input = JSON.stringify({ files: made, began, before });
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { input });
    return readdirSync(folder).sort();
  };
  return { folder, build, modified };
};

describe('a build', () => {
  it('is there as of when it began, so that what is edited meanwhile is newer', () => {
    const { folder, build, modified } = openFolder();
    expect(build(T, { 'main.mjs': 'one', 'chunk-a.mjs': 'a' })).toEqual([
      'chunk-a.mjs',
      'main.mjs',
    ]);
    expect(readFileSync(join(folder, 'main.mjs'), 'utf8')).toBe('one');
    expect(modified()).toBe(T);
    build(T + 5, { 'main.mjs': 'two', 'chunk-a.mjs': 'a' });
    expect(readFileSync(join(folder, 'main.mjs'), 'utf8')).toBe('two');
    expect(statSync(join(folder, 'chunk-a.mjs')).mtimeMs).toBe(modified());
  });

  it('leaves pieces of the one before for an hour from its own beginning, however old they are', () => {
    const { build } = openFolder();
    const of = (piece: string) => ({ 'main.mjs': piece, [piece]: '' });
    const first = T - 100 * HOUR_MS;
    build(first, of('chunk-a.mjs'));
    expect(build(T, of('chunk-b.mjs'))).toEqual(['chunk-a.mjs', 'chunk-b.mjs', 'main.mjs']);
    expect(build(T + HOUR_MS / 2, of('chunk-c.mjs'))).toHaveLength(4);
    expect(build(T + HOUR_MS + 1, of('chunk-c.mjs'))).toEqual([
      'chunk-b.mjs',
      'chunk-c.mjs',
      'main.mjs',
    ]);
    expect(build(T + 3 * HOUR_MS, of('chunk-c.mjs'))).toEqual(['chunk-c.mjs', 'main.mjs']);
  });

  it('takes away what one left that was cut off, and nothing of one that goes on beside it', () => {
    const { folder, build } = openFolder();
    build(Date.now(), { 'main.mjs': '', 'chunk-a.mjs': '' });
    writeFileSync(join(folder, 'chunk-beside.mjs.4711'), '');
    const soon = Date.now() + HOUR_MS / 2;
    expect(build(soon, { 'main.mjs': '' })).toContain('chunk-beside.mjs.4711');
    expect(build(soon + HOUR_MS, { 'main.mjs': '' })).not.toContain('chunk-beside.mjs.4711');
  });
});
