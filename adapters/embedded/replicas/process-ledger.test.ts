import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProcessLedger } from './process-ledger';
import { startOf } from './process-table';

const isLinux = process.platform === 'linux';

describe('process ledger', () => {
  let folder: string;
  let file: string;
  let sleepers: ChildProcess[];
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ledger-test-'));
    file = join(folder, 'replicas.json');
    sleepers = [];
  });
  afterEach(async () => {
    for (const sleeper of sleepers) if (sleeper.kill('SIGKILL')) await once(sleeper, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  const sleep = (environment: Readonly<Record<string, string>> = {}): number => {
    const options = { detached: true, stdio: 'ignore', env: environment } as const;
    const sleeper = spawn('/bin/sleep', ['300'], options);
    sleepers.push(sleeper);
    return sleeper.pid ?? 0;
  };
  const hasEnded = async (nth: number): Promise<boolean> => {
    await new Promise((resolve) => setTimeout(resolve, 100));
    return sleepers[nth]?.signalCode === 'SIGKILL';
  };
  /** What a platform that was killed leaves: its file and its folder. */
  const leave = (processes: readonly { pid: number; start: string | null }[]): string => {
    const root = mkdtempSync(join(tmpdir(), 'tidegate-'));
    mkdirSync(join(root, 'replica-1'));
    writeFileSync(file, JSON.stringify({ root, processes }));
    return root;
  };

  it('ends a process that it knows by id and start, where there is /proc', async () => {
    const pid = sleep();
    const root = leave([{ pid, start: startOf(pid) }]);
    const ledger = openProcessLedger(file);
    await expect(hasEnded(0)).resolves.toBe(isLinux);
    expect(existsSync(root)).toBe(false);
    ledger.close();
  });

  it('ends a process that is not in its list yet, by its folder, where there is /proc', async () => {
    const root = leave([]);
    sleep({ TMPDIR: `${root}/replica-1/tmp` });
    const ledger = openProcessLedger(file);
    await expect(hasEnded(0)).resolves.toBe(isLinux);
    ledger.close();
  });

  it('goes on when its file cannot be written, and writes it when it can be again', () => {
    const ledger = openProcessLedger(file);
    ledger.root();
    // Nobody, root included, can write a file where a folder is.
    mkdirSync(`${file}.new`);
    const [one, other] = [sleep(), sleep()];
    ledger.add(one);
    ledger.add(other);
    ledger.remove(one);
    rmSync(`${file}.new`, { recursive: true });
    ledger.remove(0);
    const { processes } = JSON.parse(readFileSync(file, 'utf8'));
    expect(processes).toEqual([{ pid: other, start: startOf(other) }]);
    ledger.close();
  });

  it('leaves a process alone that only has the same id, or a similar folder', async () => {
    const pid = sleep();
    const root = leave([
      { pid, start: '12345' },
      { pid, start: null },
    ]);
    sleep({ TMPDIR: `${root}-of-somebody-else/tmp` });
    const ledger = openProcessLedger(file);
    await expect(hasEnded(0)).resolves.toBe(false);
    await expect(hasEnded(1)).resolves.toBe(false);
    ledger.close();
  });

  it.each([
    ['nothing', ''],
    ['half a file', '{"root": "/tmp/tide'],
    ['something else', '[1, 2]'],
    ['null', 'null'],
  ])('starts on %s', async (_, text) => {
    writeFileSync(file, text);
    const ledger = openProcessLedger(file);
    expect(existsSync(ledger.root())).toBe(true);
    ledger.close();
  });

  it('removes no folder that is not its own', async () => {
    const precious = join(folder, 'precious');
    mkdirSync(precious);
    writeFileSync(file, JSON.stringify({ root: precious, processes: [] }));
    const ledger = openProcessLedger(file);
    expect(existsSync(precious)).toBe(true);
    ledger.close();
  });

  it('remembers what runs, and nothing once it is closed', async () => {
    const ledger = openProcessLedger(file);
    const pid = sleep();
    expect(existsSync(file)).toBe(false);
    const root = ledger.root();
    ledger.add(pid);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      root,
      processes: [{ pid, start: startOf(pid) }],
    });
    ledger.close();
    await expect(hasEnded(0)).resolves.toBe(true);
    expect([existsSync(file), existsSync(root)]).toEqual([false, false]);
  });
});
