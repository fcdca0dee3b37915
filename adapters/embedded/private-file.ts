import { open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { ifThere } from './if-there';

/** Replaces a file by one that only its owner can read: after a crash it is the old or the new one. */
export const writePrivateFile = async (path: string, text: string): Promise<void> => {
  const draft = `${path}.tmp`;
  const file = await open(draft, 'w', 0o600);
  try {
    await file.chmod(0o600);
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(draft, path);
  // Windows cannot open folders, and needs no such call for the new name to last.
  if (process.platform === 'win32') return;
  const folder = await open(dirname(path), 'r');
  await folder.sync().finally(() => folder.close());
};

/** The file's text; undefined when there is none. */
export const readIfThere = (path: string): Promise<string | undefined> =>
  ifThere(readFile(path, 'utf8'));

/** Runs one piece of work after the other, whatever became of the one before. */
export const oneAfterTheOther = () => {
  let last: Promise<unknown> = Promise.resolve();
  return <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(work, work);
    last = next;
    return next;
  };
};
