import { mkdtemp, rename, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { CliError } from '../cli-error';

/**
 * Has a file made, which is there only once it is whole. `make` gets a new folder beside it, of which
 * nothing is left, and answers where the file lies in it.
 * @throws CliError when the file cannot be written; what `make` throws
 */
export const wholeFile = async (
  file: string,
  make: (folder: string) => Promise<string>,
): Promise<void> => {
  let folder: string | null = null;
  try {
    folder = await mkdtemp(`${resolve(file)}.part-`);
    await rename(await make(folder), file);
  } catch (error) {
    const { code, syscall } = error as NodeJS.ErrnoException;
    if (syscall === undefined || error instanceof CliError) throw error;
    throw new CliError(`${file} cannot be written (${code})`, { cause: error });
  } finally {
    if (folder !== null) await rm(folder, { recursive: true, force: true });
  }
};
