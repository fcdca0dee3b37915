import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import promises, { mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { artifactStoreContract } from '../contracts/artifact-store.contract';
import { digestOfFolder, fileArtifactStore } from './file-artifact-store';

const roots: string[] = [];
const root = () => {
  const made = mkdtempSync(join(tmpdir(), 'artifacts-'));
  roots.push(made);
  return made;
};

describe('File artifact store', () => {
  afterAll(() => {
    for (const made of roots) rmSync(made, { recursive: true, force: true });
  });

  artifactStoreContract(async () => fileArtifactStore(root()));

  it('leaves nothing half-made behind', async () => {
    const place = root();
    const store = fileArtifactStore(place);
    const empty = root();
    await expect(store.put(empty)).rejects.toThrow();
    await writeFile(join(empty, 'a'), '1');
    await mkdir(join(empty, 'b'));
    const { digest } = await store.put(empty);
    await store.put(empty);
    expect(readdirSync(place)).toEqual([digest.slice('sha256:'.length)]);
    await expect(digestOfFolder(empty)).resolves.toBe(digest);
  });

  it('removes what a process that was killed left of a package, and nothing else', async () => {
    const place = root();
    const folder = root();
    await writeFile(join(folder, 'a'), '1');
    const { digest } = await fileArtifactStore(place).put(folder);
    await mkdir(join(place, 'draft-of-a-killed-one/files'), { recursive: true });
    await writeFile(join(place, 'draft-of-a-killed-one/files/a'), 'half');
    const next = fileArtifactStore(place);
    await next.put(folder);
    expect(readdirSync(place)).toEqual([digest.slice('sha256:'.length)]);
    await expect(next.open(digest)).resolves.toBeTruthy();
  });

  it('says why what was left cannot be removed', async () => {
    const file = join(root(), 'a file where the folder belongs');
    await writeFile(file, '');
    const store = fileArtifactStore(file);
    const folder = root();
    await writeFile(join(folder, 'a'), '1');
    await expect(store.put(folder)).rejects.toMatchObject({ code: 'ENOTDIR', syscall: 'scandir' });
  });

  it('says that the disk is full, and keeps nothing of what did not fit', async () => {
    const place = root();
    const folder = root();
    await writeFile(join(folder, 'a'), '1');
    const store = fileArtifactStore(place);
    const full = Object.assign(new Error('no space left'), { code: 'ENOSPC' });
    const rename = jest.spyOn(promises, 'rename').mockRejectedValueOnce(full);
    await expect(store.put(folder)).rejects.toMatchObject({ kind: 'unavailable' });
    rename.mockRestore();
    expect(readdirSync(place)).toEqual([]);
    await expect(store.put(folder)).resolves.toBeTruthy();
  });
});
