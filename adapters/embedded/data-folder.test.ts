import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDataFolder } from './data-folder';

describe('the data folder', () => {
  const root = mkdtempSync(join(tmpdir(), 'data-'));
  let folders = 0;
  const nextFolder = () => join(root, 'deep', `${folders++}`);
  afterAll(() => rmSync(root, { recursive: true }));

  it('is made for its owner only, also when it was open to others', async () => {
    const path = nextFolder();
    await (await openDataFolder(path)).close();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    chmodSync(path, 0o755);
    await (await openDataFolder(path)).close();
    expect(statSync(path).mode & 0o777).toBe(0o700);
  });

  it('lets one in at a time and says who is there', async () => {
    const path = nextFolder();
    const first = await openDataFolder(path);
    await expect(openDataFolder(path)).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(`process ${process.pid}:`),
    });
    await first.close();
    await (await openDataFolder(path)).close();
  });

  it('lets one of several in that come at once', async () => {
    const path = nextFolder();
    const all = await Promise.allSettled([1, 2, 3, 4].map(() => openDataFolder(path)));
    const open = all.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    expect(open).toHaveLength(1);
    await Promise.all(open.map(({ close }) => close()));
  });

  it('refuses while another process holds it and not after that one was killed', async () => {
    const path = nextFolder();
    await (await openDataFolder(path)).close();
    const holder = hold(path);
    await once(holder.stdout ?? holder, 'data');
    await expect(openDataFolder(path)).rejects.toMatchObject({
      kind: 'in-use',
      message: expect.stringContaining(`process ${holder.pid}:`),
    });
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(existsSync(join(path, 'pid'))).toBe(true);
    const next = await openDataFolder(path);
    expect(readFileSync(join(path, 'pid'), 'utf8')).toBe(`${process.pid}\n`);
    await next.close();
    expect(existsSync(join(path, 'pid'))).toBe(false);
  });

  it.each([
    ['2\n', /newer Tidegate \(data version 2, this one reads 1\)/],
    ['', /is not as Tidegate wrote it/],
    ['one', /is not as Tidegate wrote it/],
    ['1'.repeat(400), /is not as Tidegate wrote it/],
  ])('refuses data of version %j', async (version, message) => {
    const path = nextFolder();
    await (await openDataFolder(path)).close();
    writeFileSync(join(path, 'version'), version);
    await expect(openDataFolder(path)).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(message),
    });
  });

  it("refuses somebody else's folder and leaves it as it is", async () => {
    const path = nextFolder();
    mkdirSync(path, { recursive: true, mode: 0o755 });
    writeFileSync(join(path, 'thesis.txt'), 'mine');
    await expect(openDataFolder(path)).rejects.toThrow(/holds files that are not Tidegate's/);
    expect(statSync(path).mode & 0o777).toBe(0o755);
    expect(existsSync(join(path, 'version'))).toBe(false);
  });

  it('takes a new disk, and a folder whose first start was killed early', async () => {
    const path = nextFolder();
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    writeFileSync(join(path, 'version.tmp'), '');
    await (await openDataFolder(path)).close();
    expect(readFileSync(join(path, 'version'), 'utf8')).toBe('1\n');
  });

  it('says in one line why a folder cannot be used', async () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    for (const path of [file, join(file, 'below'), 'a\0b']) {
      const refused = await openDataFolder(path).catch((error: unknown) => error);
      expect(refused).toMatchObject({ kind: 'bad-request' });
      expect(String(refused)).toMatch(/^.*the data folder .* cannot be used.*$/);
    }
  });
});

/** Another process with the lock of a folder. */
const hold = (path: string): ChildProcess => {
  const program = `
    const { DatabaseSync } = require('node:sqlite');
    require('node:fs').writeFileSync(${JSON.stringify(join(path, 'pid'))}, process.pid + '\\n');
    const lock = new DatabaseSync(${JSON.stringify(join(path, 'lock'))});
    lock.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    console.log('held');
    setInterval(() => lock, 1000);`;
  return spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
};
