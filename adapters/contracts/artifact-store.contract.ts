import { chmod, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { ArtifactStore } from '../../core/models/artifact-store';

type Open = () => Promise<ArtifactStore>;

const folders: string[] = [];

const folder = async (files: Readonly<Record<string, string>>): Promise<string> => {
  const root = await mkdtemp(join(tmpdir(), 'package-'));
  folders.push(root);
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), text);
  }
  return root;
};

/** What every ArtifactStore promises. `open` gives an empty one. */
export const artifactStoreContract = (open: Open): void => {
  afterEach(async () => {
    for (const root of folders.splice(0)) await rm(root, { recursive: true, force: true });
  });

  it('gives back what was put, from folders within folders, whatever became of the original', async () => {
    const store = await open();
    const original = await folder({ MLmodel: 'flavors: {}', 'data/a/né.bin': '\0\u0001' });
    const { digest, size } = await store.put(original);
    expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(size).toBe(13);
    await writeFile(join(original, 'MLmodel'), 'changed');
    const place = await store.open(digest);
    await expect(readFile(join(place, 'MLmodel'), 'utf8')).resolves.toBe('flavors: {}');
    await expect(readFile(join(place, 'data/a/né.bin'), 'utf8')).resolves.toBe('\0\u0001');
  });

  it('gives the digest that the manifest of the files says, in either home', async () => {
    const store = await open();
    const { digest } = await store.put(await folder({ 'b.txt': 'b', 'a.txt': 'a' }));
    // printf '%s %s %s\n' "$(printf a | sha256sum | cut -c-64)" 1 '"a.txt"' … | sha256sum
    expect(digest).toBe('sha256:15788c8252f5b039447f8f19af1fcfa6c63e2292ced5750633c1fab24d770e53');
  });

  it('tells packages apart by content and by path, and knows the same one again', async () => {
    const store = await open();
    const put = async (files: Record<string, string>) =>
      (await store.put(await folder(files))).digest;
    const first = await put({ a: '1', b: '2' });
    await expect(put({ b: '2', a: '1' })).resolves.toBe(first);
    const others = await Promise.all([
      put({ a: '2', b: '1' }),
      put({ a: '12' }),
      put({ a: '1', 'c/b': '2' }),
      put({ a: '1', b: '2', c: '' }),
    ]);
    expect(new Set([first, ...others]).size).toBe(5);
  });

  it('takes the same package from many at once', async () => {
    const store = await open();
    const original = await folder({ a: 'x'.repeat(100_000) });
    const puts = await Promise.all(Array.from({ length: 8 }, () => store.put(original)));
    expect(new Set(puts.map(({ digest }) => digest)).size).toBe(1);
    await expect(store.open(puts[0]?.digest ?? '')).resolves.toBeTruthy();
  });

  it('does not open what was never put, or was removed; removing twice is no error', async () => {
    const store = await open();
    const { digest } = await store.put(await folder({ a: '1' }));
    await store.remove(digest);
    await store.remove(digest);
    const missing = { kind: 'not-found' };
    await expect(store.open(digest)).rejects.toMatchObject(missing);
    await expect(store.open(`sha256:${'0'.repeat(64)}`)).rejects.toMatchObject(missing);
    await expect(store.open('sha256:../../etc')).rejects.toMatchObject(missing);
    await expect(store.put(await folder({ a: '1' }))).resolves.toMatchObject({ digest });
    await expect(store.open(digest)).resolves.toBeTruthy();
  });

  it('names the file that was changed, added or lost since, and takes the package anew', async () => {
    const store = await open();
    const damages: readonly [string, (place: string) => Promise<unknown>][] = [
      ['a', (place) => chmod(join(place, 'a'), 0o644).then(() => writeFile(join(place, 'a'), '2'))],
      ['new', (place) => writeFile(join(place, 'new'), '')],
      ['a', (place) => rm(join(place, 'a'))],
    ];
    for (const [file, damage] of damages) {
      const { digest } = await store.put(await folder({ a: '1', b: '2' }));
      await damage(await store.open(digest));
      await expect(store.open(digest)).rejects.toThrow(new RegExp(`\\(${file}\\)`));
      // Which is what the error says will mend it.
      await store.put(await folder({ a: '1', b: '2' }));
      await expect(store.open(digest)).resolves.toBeTruthy();
    }
  });

  it('refuses links, so that no file from elsewhere becomes part of a package', async () => {
    const store = await open();
    const original = await folder({ a: '1' });
    await symlink('/etc/hostname', join(original, 'link'));
    await expect(store.put(original)).rejects.toMatchObject({ kind: 'bad-request' });
    await expect(store.put(await folder({}))).rejects.toMatchObject({ kind: 'bad-request' });
  });
};
