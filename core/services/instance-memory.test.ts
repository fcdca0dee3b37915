import { memoryOf } from './instance-memory';

describe('the memory of an instance type', () => {
  // GiB as AWS lists them: https://aws.amazon.com/sagemaker/pricing/
  it.each([
    ['ml.m5.large', 8],
    ['ml.m5.12xlarge', 192],
    ['ml.m7g.xlarge', 16],
    ['ml.c5.xlarge', 8],
    ['ml.r5.2xlarge', 64],
    ['ml.g4dn.xlarge', 16],
    ['ml.g5.48xlarge', 768],
  ])('of %s is %d GiB', (type, gib) => {
    expect(memoryOf(type)).toBe(gib * 2 ** 30);
  });

  it.each(['ml.t2.medium', 'ml.g6e.xlarge', 'ml.c5n.xlarge', 'ml.p4d.24xlarge', 'm5.large', ''])(
    'of %s is not guessed',
    (type) => {
      expect(memoryOf(type)).toBeNull();
    },
  );
});
