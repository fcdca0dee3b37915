import { mkdir, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Does one work at a time in an empty folder, which goes with it. So does what processes left that were
 * ended in their midst: a function that took too long begins anew on the disk that it had.
 */
export const inScratch = async <T>(
  work: (folder: string) => Promise<T>,
  under = tmpdir(),
): Promise<T> => {
  const remove = (name: string) => rm(join(under, name), { recursive: true, force: true });
  for (const name of await readdir(under)) {
    const [, pid] = /^scratch-(\d+)$/.exec(name) ?? [];
    if (pid !== undefined && !isOthers(Number(pid))) await remove(name);
  }
  const own = `scratch-${process.pid}`;
  await mkdir(join(under, own), { mode: 0o700 });
  try {
    return await work(join(under, own));
  } finally {
    await remove(own);
  }
};

/** Whether this is another process that runs. */
const isOthers = (pid: number): boolean => {
  if (pid === process.pid) return false;
  try {
    return process.kill(pid, 0);
  } catch (error) {
    // It runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};
