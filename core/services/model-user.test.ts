import { deleteModelVersion } from '../models/delete-model-version';
import type { Change } from '../shared/record-store';
import { modelUser } from './model-user';
import { newService, openServices, version } from './services-fixture';

describe('who uses a model version', () => {
  it('is the first service that has a version with it', async () => {
    const { create, services } = openServices();
    await create(newService('beer', version('v1')));
    await create(newService('wine', version('v1'), version('v2', 2)));
    const user = modelUser({ services });
    await expect(user('wine', 1)).resolves.toBe('beer');
    await expect(user('wine', 2)).resolves.toBe('wine');
    await expect(user('wine', 3)).resolves.toBeUndefined();
    await expect(user('beer', 1)).resolves.toBeUndefined();
  });
});

describe('a model version that a service takes while it is deleted', () => {
  /** `wine/2`, and once, before a write that `when` picks, what a test puts into `first`. */
  const open = (when: (changes: readonly Change[]) => boolean) => {
    const first: (() => Promise<unknown>)[] = [];
    const opened = openServices((store) => ({
      ...store,
      transact: async (changes) => {
        if (when(changes)) await first.pop()?.();
        await store.transact(changes);
      },
    }));
    const files: string[] = [];
    const artifacts = { remove: async (digest: string) => void files.push(digest) };
    const usedBy = modelUser({ services: opened.services });
    const remove = deleteModelVersion({ models: opened.models, artifacts, usedBy });
    return { ...opened, first, files, remove: () => remove({ model: 'wine', version: 2 }) };
  };

  const takes = {
    'a new service': ({ create }: ReturnType<typeof openServices>) =>
      create(newService('beer', version('v1', 2))),
    'a new version': ({ add }: ReturnType<typeof openServices>) =>
      add({ ...version('v2', 2), service: 'wine', by: 'bob' }),
    'another model for a version': ({ updateVersion }: ReturnType<typeof openServices>) => {
      const patch = { model: { name: 'wine', version: 2 } };
      return updateVersion({ service: 'wine', version: 'v1', patch });
    },
  };

  it.each(Object.entries(takes))('stays when %s was quicker', async (_, take) => {
    const opened = open((changes) => changes.some((change) => 'remove' in change));
    await opened.create(newService('wine', version('v1')));
    opened.first.push(() => take(opened));
    await expect(opened.remove()).rejects.toMatchObject({ kind: 'in-use' });
    await expect(opened.models.findVersion('wine', 2)).resolves.toBeDefined();
    expect(opened.files).toEqual([]);
  });

  it.each(Object.entries(takes))('is refused to %s that was slower', async (_, take) => {
    const opened = open((changes) =>
      changes.some((change) => change.partition === 'services' && 'put' in change),
    );
    await opened.create(newService('wine', version('v1')));
    opened.first.push(opened.remove);
    await expect(take(opened)).rejects.toMatchObject({
      kind: 'not-found',
      message: 'no model wine/2: register it first',
    });
    expect(opened.files).toHaveLength(1);
    await expect(opened.services.find('beer')).resolves.toBeUndefined();
    await expect(opened.services.versionsOf('wine')).resolves.toMatchObject([
      { name: 'v1', model: { version: 1 } },
    ]);
  });

  it('is deleted once its service has let go of it', async () => {
    const { create, updateVersion, models, remove } = open(() => false);
    await create(newService('wine', version('v1', 2)));
    await expect(remove()).rejects.toMatchObject({ kind: 'in-use' });
    const patch = { model: { name: 'wine', version: 1 } };
    await updateVersion({ service: 'wine', version: 'v1', patch });
    await remove();
    await expect(models.findVersion('wine', 2)).resolves.toBeUndefined();
  });

  it('may be gone without holding up other changes of a service that has it', async () => {
    const { create, unregister, update, models } = openServices();
    await create(newService('wine', version('v1', 2)));
    await unregister('wine', 2);
    await update({ service: 'wine', patch: { description: 'red' } });
    await expect(models.findVersion('wine', 2)).resolves.toBeUndefined();
  });
});
