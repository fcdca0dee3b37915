import { modelVersion } from '../../core/services/services-fixture';
import { runnableVersion } from './runnable-version';

const onGpu = { instances: { type: 'ml.g5.xlarge', count: 1 } };
const onCpu = { instances: { type: 'ml.m5.large', count: 1 } };
const [onnx, image, outside] = [
  { name: 'wine', version: 1 },
  { name: 'wine', version: 2 },
  { name: 'wine', version: 3 },
] as const;
const images = new Map([
  [2, '111122223333.dkr.ecr.eu-west-1.amazonaws.com/own@sha256:0'],
  [3, 'registry.example.com/own@sha256:0'],
]);

/**
 * A stage on which `wine/1` is ONNX, `wine/2` an image and `wine/3` one outside ECR; the service has
 * `v1` of the first.
 */
const stage = (hasGpuImage: boolean) => {
  const v1 = { name: 'v1', model: onnx, compute: onCpu };
  return runnableVersion({
    ...{ allowed: ['ml.m5.large', 'ml.g5.xlarge'], hasGpuImage },
    findModel: async (name, version) => {
      if (name !== 'wine') return undefined;
      const found = images.get(version);
      const container = found && { image: found, environment: {}, data: false };
      return { ...modelVersion(name, version), ...(container && { container }) };
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

  it('is on instances alone what SageMaker has to pull through a network', async () => {
    const serverless = { serverless: { memory_mb: 2048, concurrency: 5 } };
    const said = /wine: its image lies outside ECR.*instances alone/;
    for (const { assertRunnable: assert, assertChange: change } of [stage(false), stage(true)]) {
      await expect(assert({ model: outside, compute: serverless })).rejects.toThrow(said);
      await expect(change('wine', 'v1', { model: outside, compute: serverless })).rejects.toThrow(
        said,
      );
      await expect(assert({ model: outside, compute: onCpu })).resolves.toBeUndefined();
      await expect(assert({ model: image, compute: serverless })).resolves.toBeUndefined();
    }
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
