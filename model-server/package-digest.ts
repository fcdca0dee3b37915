import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { type DigestedFile, packageManifest } from '../core/models/package-manifest';

/**
 * Checks that a folder holds the package that was registered, byte for byte.
 * @throws Error that says so when it does not, or cannot be read
 */
export const assertDigest = async (folder: string, registered: string): Promise<void> => {
  const found = await digestOf(folder);
  if (found === registered) return;
  throw new Error(
    `the package is not what was registered (its digest is ${found}, not ${registered}): ` +
      'register the model again',
  );
};

const digestOf = async (folder: string): Promise<string> => {
  const files: DigestedFile[] = [];
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    // How files come to lie here is not ours: what a link leads to counts as well.
    const found = await stat(file);
    if (!found.isFile()) continue;
    const path = relative(folder, file).replaceAll(sep, '/');
    files.push({ path, bytes: found.size, sha256: await sha256(file) });
  }
  return `sha256:${createHash('sha256').update(packageManifest(files)).digest('hex')}`;
};

const sha256 = async (file: string): Promise<string> => {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};
