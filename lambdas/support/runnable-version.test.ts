import { modelVersion } from '../../core/services/services-fixture';
import { runnableVersion } from './runnable-version';

const onGpu = { instances: { type: 'ml.g5.xlarge', count: 1 } };
const onCpu = { instances: { type: 'ml.m5.large', count: 1 } };
const [onnx, image] = [
  { name: 'wine', version: 1 },
  { name: 'wine', version: 2 },
];
const container = { image: 'registry/own@sha256:0', environment: {}, data: false };

/** A stage on which `wine/1` is ONNX and `wine/2` an image; the service has `v1` of the first. */
const stage = (hasGpuImage: boolean) => {
  const v1 = { name: 'v1', model: onnx, compute: onCpu };
  return runnableVersion({
    ...{ allowed: ['ml.m5.large', 'ml.g5.xlarge'], hasGpuImage },
    findModel: async (name, version) => {
      if (name !== 'wine') return undefined;
      return { ...modelVersion(name, version), ...(version === 2 && { container }) };
    },
    services: {
      read: async (name) => (name === 'wine' ? ({ versions: [v1] } as never) : undefined),
    },
  });
};

describe('what a stage can run', () => {
  const { assertRunnable, assertChange } = stage(false);

  it('is on GPUs all that brings an image, and ours where the stage has one for them', async () => {
    await expect(assertRunnable({ model: onnx, compute: onCpu })).resolves.toBeUndefined();
    await expect(assertRunnable({ model: image, compute: onGpu })).resolves.toBeUndefined();
    await expect(assertRunnable({ model: onnx, compute: onGpu })).rejects.toMatchObject({
      kind: 'bad-request',
      message: expect.stringMatching(/no image of the model server for GPUs.*gpu: true/),
    });
    const other = stage(true).assertRunnable({ model: onnx, compute: onGpu });
    await expect(other).resolves.toBeUndefined();
  });

  it('is asked of what a change would make of a version, and of nothing that stays', async () => {
    await expect(assertChange('wine', 'v1', { compute: onGpu })).rejects.toThrow(/GPUs/);
    await expect(assertChange('wine', 'v1', { model: image })).resolves.toBeUndefined();
    const both = assertChange('wine', 'v1', { model: image, compute: onGpu });
    await expect(both).resolves.toBeUndefined();
    await expect(assertChange('wine', 'v1', { description: 'x' })).resolves.toBeUndefined();
  });

  it('leaves to others what is not there', async () => {
    await expect(assertChange('wine', 'v9', { compute: onGpu })).resolves.toBeUndefined();
    await expect(assertChange('port', 'v1', { compute: onGpu })).resolves.toBeUndefined();
    const gone = { name: 'gone', version: 1 };
    await expect(assertRunnable({ model: gone, compute: onGpu })).resolves.toBeUndefined();
  });

  it('is on no other instances than those of the stage', async () => {
    const large = { instances: { type: 'ml.p5.48xlarge', count: 1 } };
    await expect(stage(true).assertRunnable({ model: image, compute: large })).rejects.toThrow(
      /none of the instance types of this stage/,
    );
  });
});
