import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { ServicePlan, VersionPlan } from '../inference/model-host';
import type { ModelVersion } from '../models/model-version';
import type { Compute, Scaling } from './service';
import { serviceTemplate } from './service-template';
import {
  endpointName,
  generationAt,
  logicalPart,
  serviceOfEndpoint,
  serviceOfStack,
  serviceStackName,
} from './service-template-names';
import { unfitReason } from './service-template-unfit';
import { modelVersion } from './services-fixture';

const digest = (text: string): string => createHash('sha256').update(text).digest('hex');
const LOGIN = 'arn:aws:lambda:eu-west-1:111122223333:function:login';
const registries = [
  { registry: 'registry.example.com:5000', credentialsFunction: LOGIN },
  { registry: 'open.example.com', credentialsFunction: null },
];
const made = serviceTemplate({ stage: 'dev', digest, registries });
const OWN = '111122223333.dkr.ecr.eu-west-1.amazonaws.com/own@sha256:0';

const fixed = (type = 'ml.m5.large', count = 1): Compute => ({ instances: { type, count } });
const serverless: Compute = { serverless: { memory_mb: 2048, concurrency: 7 } };
const range: Compute = { instances: { type: 'ml.m5.large', min: 2, max: 5 } };

const version = (name: string, about: Partial<VersionPlan> = {}): VersionPlan => ({
  name,
  model: modelVersion('wine', 1),
  compute: fixed(),
  started: true,
  replicas: 1,
  ...about,
});
const plan = (...versions: readonly VersionPlan[]): ServicePlan => ({
  service: 'wine',
  maxQueue: 100,
  throttle: { rate: 100, burst: 200, quota: { limit: 1_000, period: 'week' } },
  stopped: false,
  versions,
});
/** Without the digits of generations in the ids of what belongs to one. */
const bare = <T>(of: ServicePlan, json: T): T => {
  const digits = made(of).versions.map(({ endpoint }) => generationAt(endpoint));
  const text = JSON.stringify(json);
  return JSON.parse(text.replaceAll(new RegExp(`([A-Za-z0-9])(${digits.join('|')})"`, 'g'), '$1"'));
};
/** A resource of a plan's template. */
const part = (given: ServicePlan, id: string) =>
  new Map(Object.entries(bare(given, made(given).template.Resources))).get(id);
const parametersOf = (given: ServicePlan) => bare(given, made(given).parameters);
const typesOf = (given: ServicePlan): readonly string[] =>
  Object.entries(bare(given, made(given).template.Resources)).map(
    ([id, { Type }]) => `${id} ${Type}`,
  );

describe('template of a service', () => {
  it('has a model, an endpoint, its edge and its capture for one version', () => {
    const { versions } = made(plan(version('v1')));
    const endpoint = versions[0]?.endpoint ?? '';
    expect(endpoint).toMatch(/^tidegate-dev-wine-[0-9a-f]{8}$/);
    expect(typesOf(plan(version('v1')))).toEqual([
      'ModelV1 AWS::SageMaker::Model',
      'LogsV1 AWS::Logs::LogGroup',
      'ConfigV1 AWS::SageMaker::EndpointConfig',
      'EndpointV1 AWS::SageMaker::Endpoint',
      'CaptureLogs AWS::Logs::LogGroup',
      'CaptureLogStream AWS::Logs::LogStream',
      'Capture AWS::KinesisFirehose::DeliveryStream',
      'UsagePlan AWS::ApiGateway::UsagePlan',
      'UsageKey AWS::ApiGateway::ApiKey',
      'UsagePlanKey AWS::ApiGateway::UsagePlanKey',
      'AlarmServerV1 AWS::CloudWatch::Alarm',
      'AlarmModelV1 AWS::CloudWatch::Alarm',
      'AlarmCapture AWS::CloudWatch::Alarm',
    ]);
    expect(parametersOf(plan(version('v1')))).toEqual({ Status: 'Running', CountV1: '1' });
    expect(versions).toMatchObject([
      { name: 'v1', model: { name: 'wine' }, instanceType: 'ml.m5.large' },
    ]);
    const one = plan(version('v1'));
    expect(part(one, 'ModelV1')?.Properties).toEqual({
      ExecutionRoleArn: { Ref: 'ExecutionRole' },
      EnableNetworkIsolation: true,
      PrimaryContainer: {
        Image: { Ref: 'ServerImage' },
        ModelDataSource: {
          S3DataSource: {
            S3Uri: { 'Fn::Sub': `s3://\${ArtifactsBucket}/packages/${'1'.padStart(64, '0')}/` },
            S3DataType: 'S3Prefix',
            CompressionType: 'None',
          },
        },
        Environment: {
          TIDEGATE_MODEL: 'wine',
          TIDEGATE_DIGEST: `sha256:${'1'.padStart(64, '0')}`,
        },
      },
    });
    expect(part(one, 'EndpointV1')).toMatchObject({
      Condition: 'Running',
      DependsOn: ['LogsV1'],
      Properties: { EndpointName: endpoint, RetainAllVariantProperties: true },
    });
    expect(part(one, 'UsagePlan')?.Properties).toMatchObject({
      Throttle: { RateLimit: 100, BurstLimit: 200 },
      Quota: { Limit: 1_000, Period: 'WEEK' },
    });
    expect(part(one, 'UsageKey')?.Properties).toMatchObject({
      Value: 'tidegate-dev-wine-usage-key',
    });
  });

  it('captures where the stage says, what could not be delivered beside it', () => {
    const at = (rest: string) => ({ 'Fn::Join': ['', [{ Ref: 'CapturedRequests' }, rest]] });
    const day = 'dt=!{timestamp:yyyy-MM-dd}/';
    const one = plan(version('v1'));
    expect(part(one, 'Capture')?.Properties.ExtendedS3DestinationConfiguration).toMatchObject({
      Prefix: at(`/service=wine/${day}hour=!{timestamp:HH}/`),
      ErrorOutputPrefix: at(`-errors/service=wine/!{firehose:error-output-type}/${day}`),
    });
    const { Parameters, Outputs } = made(one).template;
    expect(Parameters.CapturedRequests).toEqual({
      Type: 'AWS::SSM::Parameter::Value<String>',
      Default: '/tidegate/dev/captured-requests',
    });
    // Where it changes while services run, their stacks are updated.
    expect(JSON.stringify(Outputs.Platform)).toContain('{"Ref":"CapturedRequests"}');
  });

  it('puts each version on an endpoint of its own', () => {
    const mixed = plan(
      version('v2', { compute: fixed('ml.g5.xlarge', 3), model: modelVersion('wine', 2) }),
      version('v1'),
      version('free', { compute: serverless }),
      version('scaled', { compute: range }),
      version('off', { started: false, replicas: 0 }),
    );
    const { template, versions } = made(mixed);
    const { Resources } = template;
    expect(versions.map(({ name }) => name)).toEqual(['free', 'scaled', 'v1', 'v2']);
    expect(new Set(versions.map(({ endpoint }) => endpoint)).size).toBe(4);
    const scaled = versions[1]?.endpoint;
    expect(parametersOf(mixed)).toEqual({ Status: 'Running', CountV1: '1', CountV2: '3' });
    const about = { InitialVariantWeight: 1 };
    expect(part(mixed, 'ConfigV1')?.Properties.ProductionVariants).toEqual([
      {
        ...about,
        VariantName: 'v1',
        ModelName: { 'Fn::GetAtt': ['ModelV1', 'ModelName'] },
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: { Ref: 'CountV1' },
      },
    ]);
    expect(part(mixed, 'ConfigV2')?.Properties.ProductionVariants).toEqual([
      {
        ...about,
        VariantName: 'v2',
        ModelName: { 'Fn::GetAtt': ['ModelV2', 'ModelName'] },
        InstanceType: 'ml.g5.xlarge',
        InitialInstanceCount: { Ref: 'CountV2' },
        InferenceAmiVersion: 'al2-ami-sagemaker-inference-gpu-3-1',
        ContainerStartupHealthCheckTimeoutInSeconds: 600,
        ModelDataDownloadTimeoutInSeconds: 1_200,
      },
    ]);
    expect(part(mixed, 'ConfigFree')?.Properties.ProductionVariants).toMatchObject([
      { VariantName: 'free', ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 7 } },
    ]);
    expect(part(mixed, 'ModelFree')?.Properties.EnableNetworkIsolation).toBeUndefined();
    expect(part(mixed, 'ConfigScaled')?.Properties.ProductionVariants).toMatchObject([
      { InitialInstanceCount: 2 },
    ]);
    expect(part(mixed, 'TargetScaled')).toMatchObject({
      Condition: 'Running',
      DependsOn: ['EndpointScaled'],
      Properties: {
        ResourceId: `endpoint/${scaled}/variant/scaled`,
        MinCapacity: 2,
        MaxCapacity: 5,
      },
    });
    expect(Object.keys(Resources).filter((id) => /Off/.test(id))).toEqual([]);
  });

  it.each([
    ...['g4dn.xlarge', 'g5.xlarge', 'g6.xlarge', 'g6e.xlarge', 'p4d.24xlarge'].map(
      (type) => [type, 'al2-ami-sagemaker-inference-gpu-3-1'] as const,
    ),
    ...['p5.4xlarge', 'p5.48xlarge', 'p5e.48xlarge', 'p5en.48xlarge'].map(
      (type) => [type, 'al2-ami-sagemaker-inference-gpu-3-1'] as const,
    ),
    ...[
      'g7.2xlarge',
      'g7e.2xlarge',
      'p6-b200.48xlarge',
      'p6-b300.48xlarge',
      'p6e-gb200.36xlarge',
    ].map((type) => [type, 'al2023-ami-sagemaker-inference-gpu-4-1'] as const),
    ...['m5.large', 'm7g.large', 'c6gn.xlarge', 'inf2.xlarge'].map(
      (type) => [type, undefined] as const,
    ),
  ])('gives ml.%s the machine image with the driver that it needs', (type, image) => {
    const given = plan(version('v1', { compute: fixed(`ml.${type}`) }));
    const variants = part(given, 'ConfigV1')?.Properties.ProductionVariants;
    expect(Object(variants)[0].InferenceAmiVersion).toBe(image);
  });

  it.each([
    ['1,000 invocations of each instance a minute', undefined, 'invocations', 1_000],
    ['as many invocations as it says', { by: 'invocations', target: 300 }, 'invocations', 300],
    ['as many requests at once as it says', { by: 'concurrency', target: 8 }, 'concurrency', 8],
  ] as const)('scales a version to %s', (_, scaling, by, target) => {
    const compute = { instances: { type: 'ml.m5.large', min: 2, max: 5, scaling } };
    const scaled = plan(version('v1', { compute }));
    const { versions } = made(scaled);
    expect(part(scaled, 'ScalingV1')).toEqual({
      Type: 'AWS::ApplicationAutoScaling::ScalingPolicy',
      Condition: 'Running',
      Properties: {
        PolicyName: versions[0]?.endpoint,
        PolicyType: 'TargetTrackingScaling',
        ScalingTargetId: { Ref: 'TargetV1' },
        TargetTrackingScalingPolicyConfiguration: {
          PredefinedMetricSpecification: {
            PredefinedMetricType: {
              invocations: 'SageMakerVariantInvocationsPerInstance',
              concurrency: 'SageMakerVariantConcurrentRequestsPerModelHighResolution',
            }[by],
          },
          TargetValue: target,
          ScaleInCooldown: 300,
          ScaleOutCooldown: 60,
        },
      },
    });
  });

  it('keeps the endpoint of a version that is scaled otherwise', () => {
    const by = (scaling?: Scaling) =>
      plan(
        version('v1', { compute: { instances: { type: 'ml.m5.large', min: 2, max: 5, scaling } } }),
      );
    const [before, after] = [by(), by({ by: 'concurrency', target: 8 })];
    expect(made(after).versions).toEqual(made(before).versions);
    expect(part(after, 'ConfigV1')).toEqual(part(before, 'ConfigV1'));
  });

  it('is held back by a parameter alone', () => {
    const running = plan(version('v1'), version('v2'));
    const stopped = {
      ...running,
      stopped: true,
      versions: running.versions.map((one) => ({ ...one, replicas: 0 })),
    };
    expect(made(stopped).template).toEqual(made(running).template);
    const parameters = { Status: 'Stopped', CountV1: '1', CountV2: '1' };
    expect(parametersOf(stopped)).toEqual(parameters);
    const conditional = Object.values(made(running).template.Resources)
      .filter(({ Condition }) => Condition === 'Running')
      .map(({ Type }) => Type);
    const each = ['AWS::SageMaker::EndpointConfig', 'AWS::SageMaker::Endpoint'];
    expect(conditional).toEqual([...each, ...each]);
  });

  const imageModel = (container: Partial<ModelVersion['container']> = {}): ModelVersion => ({
    ...modelVersion('wine', 1),
    runtime: 'image',
    container: { image: OWN, environment: {}, data: false, ...container },
  });

  it('runs an image of its own without our package, and keeps the network of what is not ONNX', () => {
    const container = part(plan(version('v1', { model: imageModel() })), 'ModelV1');
    expect(container?.Properties).toMatchObject({
      PrimaryContainer: { Image: OWN },
    });
    expect(JSON.stringify(container)).not.toMatch(/ModelDataSource|EnableNetworkIsolation/);
  });

  it('gives an image its variables, with those of the version over them, and its files alone', () => {
    const model = imageModel({ environment: { A: '1', B: '2' }, data: true });
    const environment = { B: '3', TIDEGATE_MODEL: 'other' };
    const container = part(plan(version('v1', { model, environment })), 'ModelV1');
    expect(container?.Properties).toMatchObject({
      PrimaryContainer: {
        Environment: { A: '1', B: '3', TIDEGATE_MODEL: 'wine' },
        ModelDataSource: {
          S3DataSource: {
            S3Uri: {
              'Fn::Sub': `s3://\${ArtifactsBucket}/packages/${'1'.padStart(64, '0')}/model/`,
            },
          },
        },
      },
    });
  });

  it('gives an image long to start on instances', () => {
    const mixed = plan(
      version('v1'),
      version('v2', { model: imageModel() }),
      version('v3', { model: imageModel(), compute: serverless }),
    );
    expect(parametersOf(mixed)).toEqual({ Status: 'Running', CountV1: '1', CountV2: '1' });
    expect(part(mixed, 'ConfigV2')?.Properties.ProductionVariants).toEqual([
      {
        VariantName: 'v2',
        ModelName: { 'Fn::GetAtt': ['ModelV2', 'ModelName'] },
        InitialVariantWeight: 1,
        InstanceType: 'ml.m5.large',
        InitialInstanceCount: { Ref: 'CountV2' },
        ContainerStartupHealthCheckTimeoutInSeconds: 600,
        ModelDataDownloadTimeoutInSeconds: 1_200,
      },
    ]);
    const free = JSON.stringify(part(mixed, 'ConfigV3'));
    expect(free).not.toContain('ContainerStartupHealthCheckTimeoutInSeconds');
  });

  it('takes the image for GPUs, which not every stage has, where our server runs on one', () => {
    const gpu = { compute: fixed('ml.g5.xlarge') };
    const imageOf = (given: ServicePlan) => part(given, 'ModelV1')?.Properties.PrimaryContainer;
    const parameters = (given: ServicePlan) => Object.keys(made(given).template.Parameters);
    const ours = plan(version('v1', gpu), version('v2'));
    expect(imageOf(ours)).toMatchObject({ Image: { Ref: 'ServerImageGpu' } });
    expect(made(ours).template.Parameters.ServerImageGpu).toMatchObject({
      Default: '/tidegate/dev/model-server-image-gpu',
    });
    const others = [plan(version('v1')), plan(version('v1', { ...gpu, model: imageModel() }))];
    expect(others.map(imageOf)).toMatchObject([{ Image: { Ref: 'ServerImage' } }, { Image: OWN }]);
    for (const given of [...others, plan(version('v1', { ...gpu, started: false }))]) {
      expect(parameters(given)).not.toContain('ServerImageGpu');
    }
  });

  describe('of an image outside ECR', () => {
    const outside = (image: string, about: Partial<VersionPlan> = {}) =>
      version('v1', { model: imageModel({ image }), ...about });
    const guarded = outside('registry.example.com:5000/own@sha256:0');

    it('is pulled through the network of the stage, with what its function says', () => {
      expect(part(plan(guarded), 'ModelV1')?.Properties).toMatchObject({
        VpcConfig: {
          SecurityGroupIds: [{ Ref: 'ModelSecurityGroup' }],
          Subnets: { 'Fn::Split': [',', { Ref: 'ModelSubnets' }] },
        },
        PrimaryContainer: {
          Image: 'registry.example.com:5000/own@sha256:0',
          ImageConfig: {
            RepositoryAccessMode: 'Vpc',
            RepositoryAuthConfig: { RepositoryCredentialsProviderArn: LOGIN },
          },
        },
      });
      const { Parameters, Outputs } = made(plan(guarded)).template;
      expect(Parameters).toMatchObject({
        ModelSubnets: { Default: '/tidegate/dev/model-subnets' },
        ModelSecurityGroup: { Default: '/tidegate/dev/model-security-group' },
      });
      // Where they change while services run, their stacks are updated.
      const output = JSON.stringify(Outputs.Platform);
      for (const name of ['ModelSubnets', 'ModelSecurityGroup']) {
        expect(output).toContain(`{"Ref":"${name}"}`);
      }
    });

    it('is pulled without a login where the registry wants none', () => {
      const model = part(plan(outside('open.example.com/own@sha256:0')), 'ModelV1');
      expect(model?.Properties.PrimaryContainer).toMatchObject({
        ImageConfig: { RepositoryAccessMode: 'Vpc' },
      });
      expect(JSON.stringify(model)).not.toContain('RepositoryAuthConfig');
    });

    it('takes no other version into the network, nor a stage that has none', () => {
      const mixed = plan(guarded, version('v2'), version('v3', { model: imageModel() }));
      for (const id of ['ModelV2', 'ModelV3']) {
        expect(JSON.stringify(part(mixed, id))).not.toMatch(/VpcConfig|ImageConfig/);
      }
      const ours = made(plan(version('v2'), version('v3', { model: imageModel() }))).template;
      expect(JSON.stringify(ours)).not.toMatch(/ModelSubnets|ModelSecurityGroup/);
    });

    it('is another template with another function to log in by, on the same endpoint', () => {
      const other = serviceTemplate({ stage: 'dev', digest, registries: [] })(plan(guarded));
      const own = made(plan(guarded));
      expect(other.digest).not.toBe(own.digest);
      expect(other.versions).toEqual(own.versions);
    });

    it('runs on instances alone, and says so', () => {
      expect(unfitReason(guarded)).toBeNull();
      const free = outside('open.example.com/own@sha256:0', { compute: serverless });
      expect(unfitReason(free)).toMatch(/on instances alone.*ml\.m5\.large:1/);
      const inEcr = version('v1', { model: imageModel(), compute: serverless });
      expect(unfitReason(inEcr)).toBeNull();
    });
  });

  it('lets no variable of a version stand in for ours', () => {
    const environment = { TIDEGATE_DIGEST: 'none', B: '2', A: '1' };
    const container = part(plan(version('v1', { environment })), 'ModelV1');
    expect(container?.Properties).toMatchObject({
      PrimaryContainer: { Environment: { A: '1', B: '2', TIDEGATE_MODEL: 'wine' } },
    });
    expect(JSON.stringify(container)).not.toContain('none');
  });

  it('has the same digest for another count, another one for any other change', () => {
    const base = made(plan(version('v1'))).digest;
    expect(made(plan(version('v1', { compute: fixed('ml.m5.large', 9) }))).digest).toBe(base);
    const others = [
      plan(version('v1', { compute: fixed('ml.m5.xlarge') })),
      plan(version('v1', { environment: { A: '1' } })),
      plan(version('v1', { model: modelVersion('wine', 2) })),
      plan(version('v1'), version('v2')),
      { ...plan(version('v1')), throttle: { rate: 1, burst: 1, quota: null } },
    ].map((one) => made(one).digest);
    expect(new Set([base, ...others]).size).toBe(6);
    const { Outputs } = made(plan(version('v1'))).template;
    expect(Outputs.Plan).toEqual({ Value: base });
  });

  const names = fc.uniqueArray(fc.stringMatching(/^[a-z][a-z0-9-]{0,30}[a-z0-9]$/), {
    minLength: 1,
    maxLength: 10,
  });
  const computes = fc.constantFrom(fixed(), fixed('ml.g5.xlarge', 2), serverless, range);
  const versions = fc
    .tuple(names, fc.array(computes, { minLength: 10, maxLength: 10 }))
    .map(([all, kinds]) =>
      all.map((name, place) => version(name, { compute: kinds[place] ?? fixed() })),
    );

  it('is the same whatever number the records give a model with these files', () => {
    const { digest: _, ...other } = modelVersion('wine', 2);
    const renumbered = { ...other, digest: modelVersion('wine', 1).digest };
    expect(made(plan(version('v1', { model: renumbered })))).toEqual(made(plan(version('v1'))));
  });

  it('holds no null, which CloudFormation would refuse', () => {
    const all = [version('v1'), version('v2', { compute: serverless })];
    const text = JSON.stringify(
      made({ ...plan(...all), throttle: { rate: 1, burst: 1, quota: null } }),
    );
    expect(JSON.stringify(JSON.parse(text).template)).not.toContain('null');
  });

  it('is the same JSON in whatever order versions come', () => {
    fc.assert(
      fc.property(versions, fc.infiniteStream(fc.nat()), (all, dice) => {
        const shuffled = all
          .map((one) => ({ one, at: dice.next().value }))
          .sort((a, b) => Number(a.at) - Number(b.at))
          .map(({ one }) => one);
        expect(JSON.stringify(made(plan(...shuffled)))).toBe(JSON.stringify(made(plan(...all))));
      }),
      { numRuns: 50 },
    );
  });

  it('gives every version ids that CloudFormation takes and no other has', () => {
    fc.assert(
      fc.property(versions, (all) => {
        const { Resources, Parameters } = made(plan(...all)).template;
        const ids = [...Object.keys(Resources), ...Object.keys(Parameters)];
        expect(ids.filter((id) => !/^[A-Za-z0-9]{1,255}$/.test(id))).toEqual([]);
        expect(new Set(ids).size).toBe(ids.length);
        expect(new Set(all.map(({ name }) => logicalPart(name))).size).toBe(all.length);
        const models = Object.values(Resources).filter(({ Type }) => Type.endsWith('::Model'));
        expect(models).toHaveLength(all.length);
      }),
      { numRuns: 50 },
    );
  });

  it('stays within the limits of CloudFormation and SageMaker with ten versions of all kinds', () => {
    const environment = Object.fromEntries(
      Array.from({ length: 15 }, (_, i) => [`LONG_${i}`, 'x'.repeat(1_000)]),
    );
    const all = Array.from({ length: 10 }, (_, i) =>
      version(`version-${i}`, {
        compute: [fixed(), serverless, range][i % 3] ?? fixed(),
        environment,
      }),
    );
    const { template, versions: planned } = made(plan(...all));
    expect(JSON.stringify(template).length).toBeLessThan(1_000_000);
    expect(Object.keys(template.Resources).length).toBeLessThan(200);
    expect(Object.keys(template.Parameters).length).toBeLessThan(50);
    expect(planned.every(({ endpoint }) => endpoint.length <= 63)).toBe(true);
    const bare = all.map((one) => ({ ...one, environment: {} }));
    expect(JSON.stringify(made(plan(...bare)).template).length).toBeLessThan(51_200);
  });

  it('refuses what CloudFormation would put secrets into, and what SageMaker does not take', () => {
    const of = (environment: Record<string, string>) => unfitReason(version('v1', { environment }));
    expect(of({ A: 'plain $ {{x}}' })).toBeNull();
    expect(of({ A: 'x{{resolve:ssm:/tidegate/dev/api-id}}' })).toMatch(/variable A contains/);
    expect(of({ B: 'x'.repeat(1_025) })).toMatch(/variable B is longer than the 1024/);
    const imaged = (container: Partial<ModelVersion['container']>, environment = {}) =>
      unfitReason(version('v1', { model: imageModel(container), environment }));
    expect(imaged({ image: '{{resolve:ssm:a}}' })).toMatch(/^the name of its image/);
    expect(imaged({ environment: { A: '{{resolve:ssm:a}}' } })).toMatch(/variable A contains/);
    const half = (letter: string) =>
      Object.fromEntries(Array.from({ length: 16 }, (_, i) => [letter + i, 'x'.repeat(1_020)]));
    expect(imaged({ environment: half('A') })).toBeNull();
    expect(imaged({ environment: half('A') }, half('B'))).toMatch(/environment.*is longer/);
  });
});

describe('names of what belongs to a service', () => {
  it('tells the service of a stack, by name or ARN', () => {
    const name = serviceStackName('dev', 'wine-2');
    expect(serviceOfStack('dev', name)).toBe('wine-2');
    expect(serviceOfStack('dev', `arn:aws:cloudformation:eu-west-1:1:stack/${name}/af0-1`)).toBe(
      'wine-2',
    );
    expect(serviceOfStack('dev', 'tidegate-dev-Api')).toBeUndefined();
    expect(serviceOfStack('prod', name)).toBeUndefined();
  });

  it('tells the service of an endpoint', () => {
    const endpoint = endpointName('dev', 'wine-2', '0a1b2c3d');
    expect(serviceOfEndpoint('dev', endpoint)).toBe('wine-2');
    expect(generationAt(endpoint)).toBe('0a1b2c3d');
    expect(serviceOfEndpoint('prod', endpoint)).toBeUndefined();
    expect(serviceOfEndpoint('dev', 'somebody-else')).toBeUndefined();
  });
});
