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
