import { containerSettings } from './container-settings';

describe('the settings of a container', () => {
  it('are what SageMaker expects when nothing is said', () => {
    expect(containerSettings({}, 4)).toEqual({
      host: '0.0.0.0',
      port: 8080,
      folder: '/opt/ml/model',
      digest: null,
      model: { name: 'model', version: '1' },
      device: 'cpu',
      threads: 4,
      maxQueue: 256,
    });
  });

  it('follow the environment', () => {
    const environment = {
      SAGEMAKER_BIND_TO_PORT: '9000',
      TIDEGATE_HOST: '127.0.0.1',
      TIDEGATE_MODEL_FOLDER: '/elsewhere',
      TIDEGATE_DIGEST: 'sha256:abc',
      TIDEGATE_MODEL: 'wine-red/3',
      TIDEGATE_THREADS: '2',
      TIDEGATE_MAX_QUEUE: '0',
    };
    expect(containerSettings(environment, 4)).toEqual({
      host: '127.0.0.1',
      port: 9000,
      folder: '/elsewhere',
      digest: 'sha256:abc',
      model: { name: 'wine-red', version: '3' },
      device: 'cpu',
      threads: 2,
      maxQueue: 0,
    });
  });

  it('give a GPU one thread, for its memory holds the model once per thread', () => {
    expect(containerSettings({ TIDEGATE_DEVICE: 'cuda' }, 8)).toMatchObject({
      device: 'cuda',
      threads: 1,
    });
  });

  it.each([
    ['SAGEMAKER_BIND_TO_PORT', '65536'],
    ['SAGEMAKER_BIND_TO_PORT', '-1'],
    ['TIDEGATE_THREADS', '1.5'],
    ['TIDEGATE_MAX_QUEUE', 'many'],
    ['TIDEGATE_DEVICE', 'gpu'],
  ])('refuse %s=%s by name', (name, value) => {
    expect(() => containerSettings({ [name]: value }, 4)).toThrow(name);
  });
});
