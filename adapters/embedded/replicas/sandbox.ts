import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';

/** What a child process owns: a home, a place for temporary files, its copy of the package. */
export interface Sandbox {
  readonly package: string;
  readonly environment: Readonly<Record<'PATH' | 'HOME' | 'TMPDIR' | 'LANG', string>>;
  remove(): Promise<void>;
}

interface Needs {
  /** Folder of all sandboxes. */
  readonly root: string;
  /** The package's files, which the process shall not be able to change. */
  readonly folder: string;
  /** Its PATH. */
  readonly path: string;
  /** User and group that own the sandbox; null leaves it with the platform's. */
  readonly uid: number | null;
}

/** Makes a process its own folder, with nothing in its environment that is the platform's but PATH. */
export const openSandbox = async ({ root, folder, path, uid }: Needs): Promise<Sandbox> => {
  const base = await mkdtemp(join(root, 'replica-'));
  const remove = () => rm(base, { recursive: true, force: true });
  const home = join(base, 'home');
  const temporary = join(base, 'tmp');
  const copy = join(base, 'package');
  try {
    await mkdir(home);
    await mkdir(temporary);
    await cp(folder, copy, { recursive: true });
    await own(base, uid);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    package: copy,
    environment: { PATH: path, HOME: home, TMPDIR: temporary, LANG: 'C.UTF-8' },
    remove,
  };
};

const own = async (path: string, uid: number | null): Promise<void> => {
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    const file = join(entry.parentPath, entry.name);
    // The store keeps no permissions: a copy is its process's own to read, write and run.
    if (entry.isFile() || entry.isDirectory()) await chmod(file, 0o700);
    if (uid !== null && !entry.isSymbolicLink()) await chown(file, uid, uid);
  }
  if (uid !== null) await chown(path, uid, uid);
};
