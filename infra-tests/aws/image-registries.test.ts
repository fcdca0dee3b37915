import type { PrivateRegistry } from '../../core/models/container';
import { stageConfig } from '../../lib/config';
import { imageRegistries, outsideEcr, registryOwners } from '../../lib/image-registries';

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

describe('registries outside ECR', () => {
  const LOGIN = 'arn:aws:lambda:eu-west-1:111122223333:function:registry-login';
  const network = {
    vpcId: 'vpc-1',
    availabilityZones: ['eu-west-1a', 'eu-west-1b'],
    privateSubnetIds: ['subnet-1', 'subnet-2'],
  };
  const one = { registry: 'registry.example.com', credentialsFunction: LOGIN };
  const of = (...privateRegistries: readonly PrivateRegistry[]) =>
    outsideEcr(stageConfig({ network, privateRegistries }));

  it('are none by default, and may want a login or not, and have a port', () => {
    expect(outsideEcr(stageConfig({}))).toBeNull();
    const open = { registry: 'xn--bcher-kva.example', credentialsFunction: null };
    const local = { ...one, registry: 'registry.internal:5000' };
    expect(of(one, open, local)).toEqual({ registries: [one, open, local], network });
    const live = { ...one, credentialsFunction: `${LOGIN}:live` };
    expect(of(live)?.registries).toEqual([live]);
  });

  it.each([
    ['with a scheme', { ...one, registry: 'https://registry.example.com' }, /host and port/],
    ['with a path', { ...one, registry: 'registry.example.com/team' }, /host and port/],
    ['with a login', { ...one, registry: 'me:secret@registry.example.com' }, /host and port/],
    ['in capitals', { ...one, registry: 'Registry.example.com' }, /host and port/],
    ['without a name', { ...one, registry: '' }, /host and port/],
    ['in ECR', { ...one, registry: AWS }, /imageRegistries/],
    ['with a password', { ...one, credentialsFunction: 'me:secret' }, /ARN of a Lambda function/],
    ['with a star', { ...one, credentialsFunction: `${LOGIN}*` }, /ARN of a Lambda function/],
    ['with another ARN', { ...one, credentialsFunction: 'arn:aws:iam::1:role/a' }, /Lambda/],
  ])('are refused %s, and no value is repeated', (_, wrong, why) => {
    expect(() => of(wrong)).toThrow(why);
    expect(() => of(wrong)).not.toThrow(/secret/);
  });

  it('are refused twice, without a network, and with one that SageMaker does not take', () => {
    expect(() => of(one, { ...one })).toThrow(/twice/);
    const without = stageConfig({ privateRegistries: [one] });
    expect(() => outsideEcr(without)).toThrow(/through a network of yours alone.*network/);
    for (const [name, value] of [
      ['availabilityZones', ['eu-west-1a', 'eu-west-1a']],
      ['privateSubnetIds', ['subnet-1']],
    ] as const) {
      const narrow = { ...without, network: { ...network, [name]: value } };
      expect(() => outsideEcr(narrow)).toThrow(/two availability zones/);
    }
  });
});
