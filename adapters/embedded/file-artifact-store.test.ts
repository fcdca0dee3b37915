import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
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
});
