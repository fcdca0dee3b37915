import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PackageSources } from '../../core/models/package-source';
import { DomainError } from '../../core/shared/domain-error';
import { digestOfFolder } from '../embedded/file-artifact-store';
import { withImages } from './image-packages';

const root = mkdtempSync(join(tmpdir(), 'images-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** Uploads are folders with one file; what was released is told. S3 itself has tests of its own. */
const open = () => {
  const released: string[] = [];
  const others: PackageSources = {
    fetch: async (source) => {
      if (!('upload' in source)) throw new DomainError('bad-request', 'there is no such upload');
      const folder = join(root, source.upload);
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'weights.bin'), source.upload);
      const release = async () => {
        released.push(source.upload);
      };
      return { folder, source, release };
    },
  };
  return { sources: withImages({ sources: others, scratch: root }), released };
};
const uri = 'registry/mlflow@sha256:00';

describe('an image as a package', () => {
  it('is what is said of it, and beside that the files for its container', async () => {
    const { sources, released } = open();
    const signature = { inputs: [{ name: 'a', type: 'double' }], outputs: [{ type: 'long' }] };
    const data = { upload: 'a' };
    const image = { uri, environment: { B: '2', A: '1' }, signature, data };
    const fetched = await sources.fetch({ image });
    expect(JSON.parse(readFileSync(join(fetched.folder, 'tidegate-image.json'), 'utf8'))).toEqual({
      ...{ image: uri, environment: { A: '1', B: '2' }, signature },
    });
    expect(readFileSync(join(fetched.folder, 'model/weights.bin'), 'utf8')).toBe('a');
    // What its variables say may be secret, and its signature is told elsewhere.
    expect(fetched.source).toEqual({ image: { uri, data } });
    await fetched.release();
    expect([existsSync(fetched.folder), released]).toEqual([false, ['a']]);
  });

  it('has another digest for another image, variable, signature or file, and else the same', async () => {
    const { sources } = open();
    const digest = async (about: object) => {
      const fetched = await sources.fetch({ image: { uri, ...about } });
      const found = await digestOfFolder(fetched.folder);
      await fetched.release();
      return found;
    };
    const digests = [
      await digest({}),
      await digest({ uri: `${uri}1` }),
      await digest({ environment: { A: '1', B: '2' } }),
      await digest({ signature: {} }),
      await digest({ data: { upload: 'a' } }),
      await digest({ data: { upload: 'b' } }),
    ];
    expect(new Set(digests).size).toBe(digests.length);
    expect(await digest({ environment: { B: '2', A: '1' } })).toBe(digests[2]);
  });

  it('leaves the other sources as they are, and passes on why its data cannot be had', async () => {
    const { sources } = open();
    const plain = await sources.fetch({ upload: 'c' });
    expect(plain).toMatchObject({ folder: join(root, 'c'), source: { upload: 'c' } });
    const missing = sources.fetch({ image: { uri, data: { s3: 's3://bucket/gone' } } });
    await expect(missing).rejects.toMatchObject({ kind: 'bad-request' });
  });
});
