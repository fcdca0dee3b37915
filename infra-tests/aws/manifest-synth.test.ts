import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manifestServices } from '../../bin/platform/manifest-services';
import { assertImage } from '../../core/models/container';
import { assertAllowed } from '../../lambdas/support/allowed-compute';
import { temporaryFolder, wineModel, wineModelV2 } from '../support/platform';
import { sorted } from './rules/stage';
import { type Resource, synth } from './synth';

const one = 'services: { wine: { versions: { v1: { model: ./model } } } }';
const hex = /[0-9a-f]{64}/;
const REGISTRY = '111122223333.dkr.ecr.eu-west-1.amazonaws.com';
const LOGIN = 'arn:aws:lambda:eu-west-1:111122223333:function:login';
const OUTSIDE = [{ registry: 'registry.example.com', credentialsFunction: LOGIN }];

/** What a manifest becomes in a folder with the wine model in it. */
const made = async (text: string) => {
  const [folder, scratch] = [temporaryFolder(), temporaryFolder()];
  cpSync(wineModel, join(folder, 'model'), { recursive: true });
  cpSync(wineModelV2, join(folder, 'model-v2'), { recursive: true });
  for (const [name, image] of [
    ['image', `${REGISTRY}/own@sha256:${'0'.repeat(64)}`],
    ['tagged', `${REGISTRY}/own:1`],
    ['outside', `registry.example.com/own@sha256:${'0'.repeat(64)}`],
  ] as const) {
    cpSync(wineModel, join(folder, name, 'model'), { recursive: true });
    writeFileSync(join(folder, name, 'tidegate-image.json'), JSON.stringify({ image }));
  }
  cpSync(wineModel, join(folder, 'long'), { recursive: true });
  const long = JSON.stringify({ columns: ['a'], data: [['x'.repeat(200_000)]] });
  writeFileSync(join(folder, 'long/input_example.json'), long);
  rmSync(join(folder, 'long/expected_output.json'));
  const file = join(folder, 'tidegate.yaml');
  writeFileSync(file, text);
  const assertCompute = assertAllowed(['ml.m5.large', 'ml.g5.xlarge']);
  const { files, templates } = await manifestServices({
    ...{ stage: 'dev', scratch, assertCompute, hasGpuImage: false, registries: OUTSIDE },
    assertImage: assertImage({ ecr: [REGISTRY], others: OUTSIDE.map((one) => one.registry) }),
  })(file);
  const read = (path: string): string => readFileSync(path, 'utf8');
  return {
    shipped: files.map(({ file: path, to }) => [to, read(path)] as const),
    templates: new Map([...templates].map(([name, path]) => [name, JSON.parse(read(path))])),
  };
};

const SYNTH_MS = 200_000;

describe('the stacks of a manifest', () => {
  it(
    'are one of packages and one per service, which has nothing of the CDK’s, and no finding is open',
    () => {
      const { stacks, said } = synth({ stage: 'prod', manifest: 'tidegate.yaml' });
      expect(said).not.toMatch(/WARNING|ERROR/);
      expect(sorted([...stacks.keys()])).toEqual([
        ...['tidegate-prod-api', 'tidegate-prod-data', 'tidegate-prod-packages'],
        ...['tidegate-prod-service-wine', 'tidegate-prod-tables'],
      ]);
      const service = JSON.stringify(stacks.get('tidegate-prod-service-wine'));
      expect(service).not.toMatch(/BootstrapVersion|aws:cdk|"Tags"|AWS::IAM|null/);
    },
    SYNTH_MS,
  );
});

describe('a manifest that is deployed', () => {
  it('becomes a template per service, and the same bytes on every machine', async () => {
    const both = `services:
  wine: { versions: { v1: { model: ./model, weight: 90 }, v2: { model: ./model-v2, weight: 10 } } }
  port: { versions: { v1: { model: ./model } } }`;
    const { templates, shipped } = await made(both);
    expect([...templates.keys()]).toEqual(['wine', 'port']);
    expect(templates.get('wine').Metadata['tidegate:plan'].versions).toHaveLength(2);
    expect(await made(both)).toEqual({ templates, shipped });
  });

  it('brings each package once: its files, then what says that it is whole, and itself at last', async () => {
    const twice = `services:
  wine: { versions: { v1: { model: ./model } } }
  port: { versions: { v1: { model: ./model } } }`;
    const { shipped } = await made(twice);
    const names = shipped.map(([to]) => to.replace(hex, '*'));
    expect(names.slice(0, -2)).toEqual(
      expect.arrayContaining(['packages/*/MLmodel', 'packages/*/model.onnx']),
    );
    expect(new Set(names).size).toBe(names.length);
    expect(names.slice(-2)).toEqual(['manifests/*', 'deployed/manifest.json']);
    const deployed = JSON.parse(shipped.at(-1)?.[1] ?? '');
    expect(deployed.services.port).toMatchObject({
      said: { versions: { v1: { model: { path: 'model' } } } },
      packages: { model: { flavor: 'onnx', runtime: 'onnx', digest: expect.stringMatching(hex) } },
      plan: expect.stringMatching(hex),
    });
  });

  it('is refused as a whole, with the place of every fault', async () => {
    const refused = made(`services:
  wine:
    versions:
      v1: { model: ./nowhere }
      v2: { model: wine/3 }
      v3: { model: models:/wine/3 }
      v4: { model: ./long }`);
    await expect(refused).rejects.toMatchObject({ kind: 'bad-request' });
    const lines = await refused.then(
      () => [],
      ({ message }: Error) => message.split('\n'),
    );
    expect(lines).toEqual([
      expect.stringMatching(/tidegate.yaml:4:20: services.wine.versions.v1.model: there is no /),
      expect.stringMatching(/:5:20: .*v2.model: wine\/3 is known to the control plane alone/),
      expect.stringMatching(/:6:20: .*v3.model: download the model, and give the path/),
      expect.stringMatching(/:7:20: .*v4.model: the example has .* bytes, and 200000 can be kept/),
    ]);
  });

  it('brings an image as a package: its files, and beside them what names it', async () => {
    const { shipped, templates } = await made(one.replace('./model', './image'));
    expect(shipped.map(([to]) => to.replace(hex, '*'))).toEqual(
      expect.arrayContaining(['packages/*/tidegate-image.json', 'packages/*/model/MLmodel']),
    );
    const resources: readonly Resource[] = Object.values(templates.get('wine').Resources);
    const model = resources.find(({ Type }) => Type === 'AWS::SageMaker::Model');
    expect(model?.Properties.PrimaryContainer).toMatchObject({
      Image: `${REGISTRY}/own@sha256:${'0'.repeat(64)}`,
      ModelDataSource: {
        S3DataSource: {
          S3Uri: { 'Fn::Sub': expect.stringMatching(/packages\/[0-9a-f]{64}\/model\/$/) },
        },
      },
    });
    await expect(made(one.replace('./model', './tagged'))).rejects.toThrow(
      /v1.model: the package was refused: name the image by its digest/,
    );
  });

  it('says of an image outside ECR how SageMaker gets at it, and wants instances for it', async () => {
    const compute = 'compute: { instances: { type: ml.m5.large, count: 1 } }';
    const { templates } = await made(one.replace('./model', `./outside, ${compute}`));
    const resources: readonly Resource[] = Object.values(templates.get('wine').Resources);
    const model = resources.find(({ Type }) => Type === 'AWS::SageMaker::Model');
    expect(model?.Properties.PrimaryContainer).toMatchObject({
      ImageConfig: { RepositoryAuthConfig: { RepositoryCredentialsProviderArn: LOGIN } },
    });
    await expect(made(one.replace('./model', './outside'))).rejects.toThrow(
      /versions.v1: its image lies outside ECR.*on instances alone/,
    );
  });

  it('is refused where a model of ours wants a GPU, and the stage has no image for one', async () => {
    const onGpu = (model: string) =>
      made(
        one.replace(
          './model',
          `${model}, compute: { instances: { type: ml.g5.xlarge, count: 1 } }`,
        ),
      );
    await expect(onGpu('./model')).rejects.toThrow(
      /v1.compute: this stage has no image.*gpu: true/,
    );
    await expect(onGpu('./image')).resolves.toBeTruthy();
  });

  it('is refused where the stage does not allow its instances', async () => {
    const large = one.replace(
      './model',
      './model, compute: { instances: { type: ml.p5.48xlarge, count: 1 } }',
    );
    await expect(made(large)).rejects.toThrow(
      /versions.v1.compute: ml.p5.48xlarge is none of the instance types of this stage/,
    );
    await expect(made(one)).resolves.toBeTruthy();
  });
});
