import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { create } from 'tar';
import { DomainError } from '../../core/shared/domain-error';
import { packageSources } from './package-sources';

const home = realpathSync(mkdtempSync(join(tmpdir(), 'sources-')));
const models = join(home, 'models');
const elsewhere = join(home, 'elsewhere');
const scratch = join(home, 'scratch');

beforeAll(async () => {
  for (const folder of [join(models, 'wine'), join(elsewhere, 'wine'), `${models}-2`]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'MLmodel'), 'flavors: {}');
  }
  writeFileSync(join(models, 'bare.onnx'), 'onnx');
  symlinkSync(elsewhere, join(models, 'way-out'));
  await create({ gzip: true, cwd: models, file: join(models, 'wine.tar.gz') }, ['wine']);
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

const open = (
  roots: readonly string[] = [models],
  mlflow: 'some' | 'none' | 'failing' = 'none',
) => {
  let id = 0;
  return packageSources({
    uploads: {
      take: async (upload) => ({ folder: `/uploads/${upload}`, release: async () => undefined }),
    },
    roots,
    scratch,
    newId: () => String(++id),
    mlflow:
      mlflow === 'none'
        ? null
        : {
            download: async (_, into) => {
              writeFileSync(join(into, 'MLmodel'), 'flavors: {}');
              if (mlflow === 'failing') throw new DomainError('bad-request', 'MLflow answers 404');
              return 'models:/wine/3';
            },
          },
  });
};
const refused = (message: RegExp) => ({
  kind: 'bad-request',
  message: expect.stringMatching(message),
});

describe('bringing packages here', () => {
  it('reads a folder under a root where it is', async () => {
    const { folder, source, release } = await open().fetch({ path: join(models, 'wine') });
    expect([folder, source]).toEqual([join(models, 'wine'), { path: join(models, 'wine') }]);
    await release();
    expect(readdirSync(folder)).toEqual(['MLmodel']);
  });

  it.each(['bare.onnx', 'wine.tar.gz'])('copies %s, and forgets the copy', async (name) => {
    const { folder, release } = await open().fetch({ path: join(models, name) });
    expect(readdirSync(folder)).toHaveLength(1);
    await release();
    expect(readdirSync(scratch)).toEqual([]);
    expect(readFileSync(join(models, name)).length).toBeGreaterThan(0);
  });

  it('reads no path unless a root was named, and says how to name one', async () => {
    await expect(open([]).fetch({ path: join(models, 'wine') })).rejects.toMatchObject(
      refused(/TIDEGATE_MODEL_ROOTS/),
    );
  });

  it.each([
    ['beside the roots', join(elsewhere, 'wine')],
    ['beside, and beginning like one', `${models}-2`],
    ['through dots', `${join(models, 'wine')}/../../elsewhere/wine`],
    ['through a link', join(models, 'way-out/wine')],
    ['that is not absolute', 'wine'],
    ['of the system', '/etc/hostname'],
    ['that is the empty root', '/'],
  ])('does not read a path %s', async (_, path) => {
    await expect(open().fetch({ path })).rejects.toMatchObject(refused(/not under a folder/));
  });

  it('reads any path that the manifest names', async () => {
    const { folder } = await open([]).fetch({ path: join(elsewhere, 'wine') }, { trusted: true });
    expect(folder).toBe(join(elsewhere, 'wine'));
    await expect(
      open([]).fetch({ path: join(elsewhere, 'lost') }, { trusted: true }),
    ).rejects.toMatchObject(refused(/there is no .*lost/));
  });

  it('reads on where one of the roots is gone', async () => {
    const { fetch } = open([join(home, 'gone'), models]);
    await expect(fetch({ path: join(models, 'wine') })).resolves.toBeTruthy();
    await expect(fetch({ path: join(home, 'gone/wine') })).rejects.toMatchObject(
      refused(/there is no .*gone/),
    );
  });

  it('tells a path that cannot be followed from one that is not there', async () => {
    symlinkSync('round', join(models, 'round'));
    await expect(open().fetch({ path: join(models, 'round') })).rejects.toMatchObject(
      refused(/round cannot be read \(ELOOP/),
    );
    rmSync(join(models, 'round'));
  });

  it('takes an upload by its id', async () => {
    await expect(open().fetch({ upload: 'u1' })).resolves.toMatchObject({
      folder: '/uploads/u1',
      source: { upload: 'u1' },
    });
  });

  it('takes a model from MLflow and remembers its number instead of its alias', async () => {
    const fetched = await open([], 'some').fetch({ mlflow: 'models:/wine@champion' });
    expect(fetched.source).toEqual({ mlflow: 'models:/wine/3' });
    expect(readdirSync(fetched.folder)).toEqual(['MLmodel']);
    await fetched.release();
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('leaves nothing of a download that failed', async () => {
    await expect(open([], 'failing').fetch({ mlflow: 'models:/x/1' })).rejects.toThrow(/404/);
    expect(readdirSync(scratch)).toEqual([]);
  });

  it('says what another home or another setting would take', async () => {
    const { fetch } = open();
    await expect(fetch({ mlflow: 'models:/x/1' })).rejects.toMatchObject(
      refused(/MLFLOW_TRACKING_URI/),
    );
    await expect(fetch({ s3: 's3://b/k' })).rejects.toMatchObject(refused(/AWS home/));
    await expect(fetch({ image: { uri: 'x' } })).rejects.toMatchObject(refused(/AWS home/));
  });
});
