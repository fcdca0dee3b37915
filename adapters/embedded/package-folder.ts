import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { PackageFile } from '../../core/models/artifact-store';
import { DomainError } from '../../core/shared/domain-error';

/** More is no model, and every start looks at each of them. */
export const MAX_FILES = 10_000;
export const MAX_BYTES = 8 * 1024 ** 3;
const MAX_DEPTH = 32;

/**
 * Lists the files of a package, paths relative and with `/`.
 * @throws `bad-request` for links, sockets and the like, and for what is too much
 */
export const packageFiles = async (folder: string): Promise<readonly PackageFile[]> => {
  const files = await filesIn(folder, '', 0);
  const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
  if (files.length === 0) throw refused('the package holds no file');
  if (files.length > MAX_FILES) throw refused(`the package holds more than ${MAX_FILES} files`);
  if (size > MAX_BYTES) throw refused(`the package is larger than ${MAX_BYTES} bytes`);
  return files;
};

const filesIn = async (root: string, under: string, depth: number): Promise<PackageFile[]> => {
  if (depth > MAX_DEPTH) throw refused('the package nests its folders too deep');
  const files: PackageFile[] = [];
  for (const entry of await readdir(join(root, under), { withFileTypes: true })) {
    const path = under === '' ? entry.name : `${under}/${entry.name}`;
    if (entry.isDirectory()) files.push(...(await filesIn(root, path, depth + 1)));
    else if (entry.isFile()) files.push({ path, bytes: (await lstat(join(root, path))).size });
    else throw refused(`${path} is a link or no plain file: put the file itself into the package`);
    if (files.length > MAX_FILES) break;
  }
  return files;
};

const refused = (why: string): DomainError => new DomainError('bad-request', why);
