import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { captureLog } from '../adapters/embedded/capture-log/capture-log';

const root = join(__dirname, '..');
const scratch = mkdtempSync(join(tmpdir(), 'capture-crash-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

/** A script that Node runs without the repository's ways of resolving imports. */
const bundled = (name: string): string => {
  const outfile = join(scratch, `${name}.cjs`);
  const source = join(root, 'infra-tests/support', `${name}.ts`);
  const how = ['--bundle', '--platform=node', '--log-level=warning', `--outfile=${outfile}`];
  execFileSync(join(root, 'node_modules/.bin/esbuild'), [source, ...how]);
  return outfile;
};

const idsIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) => {
      const lines = readFileSync(join(folder, file), 'utf8').split('\n');
      // What follows the last newline is unfinished.
      return lines.slice(0, -1).map((line) => JSON.parse(line).request_id);
    });

describe('a process that captures', () => {
  it('has every settled record in the log exactly once, whenever it is killed', async () => {
    const writer = bundled('capture-writer');
    const folder = join(scratch, 'log');
    const settled: string[] = [];
    for (let run = 1; run <= 20; run += 1) {
      const child = spawn(process.execPath, [writer, folder, `${run}`], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const closed = once(child, 'close');
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (text) => {
        printed += text;
      });
      await once(child.stdout, 'data');
      await sleep(Math.random() * 60);
      child.kill('SIGKILL');
      await closed;
      expect(child.signalCode).toBe('SIGKILL');
      settled.push(...printed.split('\n').slice(0, -1));
    }
    const readOnly = idsIn(folder);
    await captureLog({ folder, onLost: () => undefined }).close();
    const stored = idsIn(folder);

    // Reading ignores an unfinished line, opening cuts it off: both see the same.
    expect(readOnly).toEqual(stored);
    expect(settled.length).toBeGreaterThan(1_000);
    expect(new Set(stored).size).toBe(stored.length);
    const known = new Set(stored);
    expect(settled.filter((id) => !known.has(id))).toEqual([]);
    // None invented: ids are numbered per run without gaps, and these are the first of each.
    const numbers = stored.map((id) => Number.parseInt(id.slice(-12), 16)).sort((a, b) => a - b);
    const gaps = numbers.filter((n, at) => n % 1e9 !== 0 && numbers[at - 1] !== n - 1);
    expect(gaps).toEqual([]);
  }, 60_000);

  it('goes on when the disk is full, counts what it loses, and goes on capturing', () => {
    const script = bundled('capture-on-full-disk');
    const disk = join(scratch, 'disk');
    const copy = join(scratch, 'copy');
    mkdirSync(disk);
    // A disk of its own, gone with the process.
    const mount = 'mount -t tmpfs -o size=1m tmpfs "$1"';
    const onDisk = (steps: string) => {
      const args = ['sh', '-c', `${mount}${steps}`, 'sh', disk, process.execPath, script, copy];
      return spawnSync('unshare', ['--map-root-user', '--mount', ...args], { encoding: 'utf8' });
    };
    if (onDisk('').status !== 0 && !process.env.CI) {
      console.info(
        'A full disk is not tried here: it needs unshare and the right to mount a tmpfs',
      );
      return;
    }
    const done = onDisk(' && "$2" "$3" "$1" && cp -r "$1/log" "$4"');
    expect(done.stderr).toBe('');
    const { count, settled, full, whole, after, end, losses } = JSON.parse(done.stdout);
    expect(settled).toBe(count);
    expect(whole).toBe(true);
    expect(full.appended).toBeGreaterThan(100);
    expect(after).toEqual({ appended: full.appended + 20, lost: full.lost });
    expect(end).toEqual(after);
    expect(end.appended + end.lost).toBe(count);
    const told = losses.map(({ count: lost }: { count: number }) => lost);
    expect(told.reduce((sum: number, lost: number) => sum + lost, 0)).toBe(end.lost);
    expect(losses[0]).toMatchObject({ service: 'wine', reason: 'the disk is full' });
    const stored = idsIn(copy);
    expect(new Set(stored).size).toBe(end.appended);
    expect(stored).toHaveLength(end.appended);
  }, 60_000);
});
