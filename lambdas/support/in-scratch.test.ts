import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inScratch } from './in-scratch';

const under = mkdtempSync(join(tmpdir(), 'in-scratch-'));
afterAll(() => rmSync(under, { recursive: true, force: true }));

const left = (pid: number | undefined): string => {
  const folder = join(under, `scratch-${pid}`);
  mkdirSync(join(folder, 'fetched-abc'), { recursive: true });
  writeFileSync(join(folder, 'fetched-abc/sent'), 'half an archive');
  return folder;
};

describe('work in a scratch folder', () => {
  it('leaves nothing on the disk, done or failed', async () => {
    const write = async (folder: string) => writeFileSync(join(folder, 'sent'), 'an archive');
    await inScratch(write, under);
    const failing = async (folder: string): Promise<never> => {
      await write(folder);
      throw new Error('no archive');
    };
    await expect(inScratch(failing, under)).rejects.toThrow('no archive');
    expect(readdirSync(under)).toEqual([]);
  });

  it('begins on an empty disk where a process of the same number was ended in its midst', async () => {
    left(process.pid);
    expect(await inScratch(async (folder) => readdirSync(folder), under)).toEqual([]);
  });

  it('frees what ended processes left, and touches nothing of those that run, nor of others', async () => {
    const ended = left(spawnSync(process.execPath, ['-e', '']).pid);
    const running = left(process.ppid);
    const foreign = join(under, 'foreign');
    mkdirSync(foreign);
    await inScratch(async () => undefined, under);
    const there = [ended, running, foreign].map((folder) => existsSync(folder));
    expect(there).toEqual([false, true, true]);
  });
});
