import { stageConfig } from '../../lib/config';
import { imageRegistries, registryOwners } from '../../lib/image-registries';

const AWS = '763104351884.dkr.ecr.eu-west-1.amazonaws.com';

describe('registries that images of models may come from', () => {
  it("are the account's own, and those that the stage names", () => {
    const own = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
    const of = (...further: readonly string[]) =>
      imageRegistries('111122223333', 'eu-west-1', stageConfig({ imageRegistries: further }));
    expect(of()).toEqual([own]);
    expect(of(AWS)).toEqual([own, AWS]);
    expect(imageRegistries('111122223333', 'cn-north-1', stageConfig({}))).toEqual([
      '111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn',
    ]);
  });

  it("are ECR's alone, for the right to pull names their owner", () => {
    const of = (registry: string) => registryOwners(stageConfig({ imageRegistries: [registry] }));
    expect(of(AWS)).toEqual([{ account: '763104351884', region: 'eu-west-1' }]);
    for (const wrong of ['ghcr.io', `${AWS}/vllm`, `https://${AWS}`, '']) {
      expect(() => of(wrong)).toThrow(/is none of ECR's/);
    }
  });
});
