import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ArtifactStore, PackageFile } from '../../core/models/artifact-store';
import {
  type DigestedFile,
  packageManifest,
  parseManifest,
} from '../../core/models/package-manifest';
import { DomainError } from '../../core/shared/domain-error';
import { orFullDisk } from './full-disk';
import { ifThere } from './if-there';
import { packageFiles } from './package-folder';
import { oneAfterTheOther, readIfThere } from './private-file';

const MANIFEST = 'manifest';
const FILES = 'files';
const DRAFT = 'draft-';

/**
 * Packages as folders under `root`, named after their digests: `<digest>/files/…` and, beside them, the
 * manifest that the digest is made of.
 */
export const fileArtifactStore = (root: string): ArtifactStore => {
  // So that a package put while it is being removed is there afterwards.
  const inTurn = oneAfterTheOther();
  const swept = removeDrafts(root);
  // Told to whoever puts first.
  swept.catch(() => undefined);
  const placeOf = (digest: string) => join(root, hexOf(digest));

  const opened = async (digest: string): Promise<string> => {
    const place = placeOf(digest);
    const manifest = await readIfThere(join(place, MANIFEST));
    if (manifest === undefined) {
      throw new DomainError('not-found', `no model package ${digest}: register it again`);
    }
    if (digestOfManifest(manifest) !== digest) throw changed('its manifest');
    await assertSame(join(place, FILES), parseManifest(manifest));
    return join(place, FILES);
  };

  const isSound = (digest: string): Promise<boolean> =>
    opened(digest).then(
      () => true,
      () => false,
    );

  return {
    put: (folder) =>
      inTurn(async () => {
        await swept;
        const known = await digestedFiles(folder);
        const digest = digestOfManifest(packageManifest(known));
        if (await isSound(digest)) return { digest, size: sizeOf(known) };
        const draft = join(root, `${DRAFT}${randomUUID()}`);
        try {
          // What counts is what was copied, should a file have changed in between.
          const files = await copied(folder, join(draft, FILES));
          const manifest = packageManifest(files);
          await writeDurably(join(draft, MANIFEST), [Buffer.from(manifest)]);
          const place = placeOf(digestOfManifest(manifest));
          await rm(place, { recursive: true, force: true });
          await rename(draft, place);
          await syncFolder(root);
          return { digest: digestOfManifest(manifest), size: sizeOf(files) };
        } catch (error) {
          throw orFullDisk(error);
        } finally {
          await rm(draft, { recursive: true, force: true });
        }
      }),

    open: opened,

    remove: (digest) =>
      inTurn(async () => {
        await rm(placeOf(digest), { recursive: true, force: true });
      }),
  };
};

/** What a process that was killed has left. Before the first package there is no folder. */
const removeDrafts = async (root: string): Promise<void> => {
  for (const name of (await ifThere(readdir(root))) ?? []) {
    if (name.startsWith(DRAFT)) await rm(join(root, name), { recursive: true, force: true });
  }
};

/** The manifest of a folder: the text that its digest is made of. */
export const manifestOfFolder = async (folder: string): Promise<string> =>
  packageManifest(await digestedFiles(folder));

/** The digest that a store would give a folder. */
export const digestOfFolder = async (folder: string): Promise<string> =>
  digestOfManifest(await manifestOfFolder(folder));

const digestedFiles = async (folder: string): Promise<readonly DigestedFile[]> => {
  const files: DigestedFile[] = [];
  for (const file of await packageFiles(folder)) {
    files.push({ ...file, sha256: await sha256(join(folder, file.path), file.bytes) });
  }
  return files;
};

const sizeOf = (files: readonly PackageFile[]): number =>
  files.reduce((sum, { bytes }) => sum + bytes, 0);

const hexOf = (digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new DomainError('not-found', 'that is no digest of a package');
  return hex;
};

const digestOfManifest = (manifest: string): string =>
  `sha256:${createHash('sha256').update(manifest).digest('hex')}`;

const copied = async (folder: string, to: string): Promise<readonly DigestedFile[]> => {
  const files: DigestedFile[] = [];
  for (const file of await packageFiles(folder)) files.push(await copy(folder, to, file));
  return files;
};

const copy = async (from: string, to: string, { path }: PackageFile): Promise<DigestedFile> => {
  const target = join(to, path);
  await mkdir(dirname(target), { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  let bytes = 0;
  async function* hashed() {
    for await (const chunk of createReadStream(join(from, path)) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      yield chunk;
    }
  }
  await writeDurably(target, hashed());
  return { path, bytes, sha256: hash.digest('hex') };
};

const writeDurably = async (
  path: string,
  chunks: Iterable<Buffer> | AsyncIterable<Buffer>,
): Promise<void> => {
  const file = await open(path, 'wx', 0o600);
  try {
    for await (const chunk of chunks) await file.writeFile(chunk);
    await file.sync();
  } finally {
    await file.close();
  }
  // Nobody shall change it; another account that runs the model gets a copy.
  await chmod(path, 0o400);
};

const syncFolder = async (path: string): Promise<void> => {
  // Windows cannot open folders, and needs no such call for the new name to last.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  await folder.sync().finally(() => folder.close());
};

const SMALL = 1_000_000;

const sha256 = async (path: string, bytes: number): Promise<string> => {
  const hash = createHash('sha256');
  if (bytes < SMALL) return hash.update(await readFile(path)).digest('hex');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
};

const assertSame = async (folder: string, files: readonly DigestedFile[]): Promise<void> => {
  const there = new Set((await packageFiles(folder)).map(({ path }) => path));
  for (const { path, bytes, sha256: wanted } of files) {
    if (!there.delete(path)) throw changed(path);
    if ((await sha256(join(folder, path), bytes)) !== wanted) throw changed(path);
  }
  const [added] = there;
  if (added !== undefined) throw changed(added);
};

const changed = (file: string): Error =>
  new Error(`a stored model package was changed on disk (${file}): register the model again`);
