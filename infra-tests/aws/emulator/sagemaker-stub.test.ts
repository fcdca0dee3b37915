import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import {
  CreateEndpointCommand,
  CreateEndpointConfigCommand,
  type CreateEndpointConfigCommandInput,
  CreateModelCommand,
  DeleteEndpointCommand,
  DescribeEndpointCommand,
  DescribeEndpointConfigCommand,
  DescribeModelCommand,
  type ImageConfig,
  ListEndpointsCommand,
  SageMakerClient,
  UpdateEndpointCommand,
  type VpcConfig,
} from '@aws-sdk/client-sagemaker';
import { InvokeEndpointCommand, SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import { until } from '../../support/api';
import { startChild } from './child';
import { freePort } from './free-port';
import { schemas } from './sagemaker/schemas';
import { type SageMakerStub, startSageMakerStub } from './sagemaker-stub';

const DOUBLE = [process.execPath, join(__dirname, 'fixtures/double.mjs')];
const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
const nowhere = {
  ...{ endpoint: 'http://127.0.0.1:1', region: 'us-east-1', maxAttempts: 1 },
  credentials,
};
const instances = { InstanceType: 'ml.m5.large', InitialInstanceCount: 1 } as const;
const serverless = { ServerlessConfig: { MemorySizeInMB: 2048, MaxConcurrency: 5 } };
const arn = 'arn:aws:iam::000000000000:role/execution';

interface Refusal {
  readonly status: number;
  readonly __type: string | undefined;
  readonly message: string | undefined;
}

/** An input of every operation that its schema allows. */
const INPUTS: Readonly<Record<keyof typeof schemas, Readonly<Record<string, unknown>>>> = {
  CreateModel: {
    ...{ ModelName: 'm', ExecutionRoleArn: arn, EnableNetworkIsolation: false },
    PrimaryContainer: { Image: 'image', Environment: { A: '1' } },
    Tags: [{ Key: 'a', Value: 'b' }],
  },
  DescribeModel: { ModelName: 'm' },
  DeleteModel: { ModelName: 'm' },
  CreateEndpointConfig: {
    EndpointConfigName: 'c',
    ProductionVariants: [
      { VariantName: 'v', ModelName: 'm', ...instances, InitialVariantWeight: 1 },
    ],
  },
  DescribeEndpointConfig: { EndpointConfigName: 'c' },
  DeleteEndpointConfig: { EndpointConfigName: 'c' },
  CreateEndpoint: { EndpointName: 'e', EndpointConfigName: 'c' },
  UpdateEndpoint: {
    ...{ EndpointName: 'e', EndpointConfigName: 'c', RetainAllVariantProperties: true },
    ExcludeRetainedVariantProperties: [{ VariantPropertyType: 'DesiredWeight' }],
  },
  UpdateEndpointWeightsAndCapacities: {
    EndpointName: 'e',
    DesiredWeightsAndCapacities: [{ VariantName: 'v', DesiredWeight: 1, DesiredInstanceCount: 1 }],
  },
  DescribeEndpoint: { EndpointName: 'e' },
  DeleteEndpoint: { EndpointName: 'e' },
  ListEndpoints: { NameContains: 'e' },
};

/** Every way to break an input by its schema: a stranger, one missing, one of a wrong type, at any depth. */
const broken = (input: unknown, required: readonly string[]): readonly unknown[] => {
  if (Array.isArray(input)) {
    return [
      'text',
      ...input.flatMap((item, i) => broken(item, []).map((bad) => input.with(i, bad))),
    ];
  }
  if (typeof input !== 'object' || input === null) return [{ a: [1] }];
  const all = Object.entries(input);
  return [
    { ...input, Stranger: 1 },
    ...required.map((name) => Object.fromEntries(all.filter(([other]) => other !== name))),
    ...all.flatMap(([name, value]) =>
      broken(value, []).map((bad) => Object.fromEntries([...all, [name, bad]])),
    ),
  ];
};

describe('the stub of SageMaker', () => {
  let stub: SageMakerStub;
  let client: SageMakerClient;
  let runtime: SageMakerRuntimeClient;
  let log: string[];
  beforeAll(async () => {
    log = [];
    stub = await startSageMakerStub({
      ...{ port: await freePort(), account: '000000000000', region: 'us-east-1' },
      // Nobody is there: models in S3 and lines in CloudWatch are emulator.test.ts's.
      s3: new S3Client(nowhere),
      logs: new CloudWatchLogsClient(nowhere),
      ...{ command: DOUBLE, pingWithinMs: 3_000, settleMs: 20 },
      images: { fives: ['/usr/bin/env', 'FACTOR=5', ...DOUBLE] },
      log: (line) => log.push(line),
    });
    const options = { endpoint: stub.url, region: 'us-east-1', credentials, maxAttempts: 1 };
    client = new SageMakerClient(options);
    runtime = new SageMakerRuntimeClient(options);
  });
  afterAll(() => stub.stop());

  const ask = async (operation: string, input: unknown): Promise<Refusal> => {
    const answer = await fetch(stub.url, {
      method: 'POST',
      headers: { 'x-amz-target': `SageMaker.${operation}` },
      body: JSON.stringify(input),
    });
    const { __type, message } = (await answer.json()) as Partial<Refusal>;
    return { status: answer.status, __type, message };
  };
  const model = async (ModelName: string, Environment: Record<string, string>, Image = 'image') => {
    const PrimaryContainer = { Image, Environment };
    await client.send(
      new CreateModelCommand({ ModelName, PrimaryContainer, ExecutionRoleArn: arn }),
    );
  };
  const config = async (
    EndpointConfigName: string,
    ProductionVariants: CreateEndpointConfigCommandInput['ProductionVariants'],
  ) => client.send(new CreateEndpointConfigCommand({ EndpointConfigName, ProductionVariants }));
  const settled = (EndpointName: string) =>
    until(
      () => client.send(new DescribeEndpointCommand({ EndpointName })),
      ({ EndpointStatus }) => !/ing$/.test(EndpointStatus ?? ''),
    );
  /** An endpoint of one variant in service. */
  const serve = async (
    EndpointName: string,
    environment: Record<string, string>,
    image?: string,
  ) => {
    await model(EndpointName, environment, image);
    await config(EndpointName, [{ VariantName: 'v1', ModelName: EndpointName, ...instances }]);
    await client.send(
      new CreateEndpointCommand({ EndpointName, EndpointConfigName: EndpointName }),
    );
    return settled(EndpointName);
  };
  const invoke = async (EndpointName: string, body: object) => {
    const input = { EndpointName, ContentType: 'application/json', Body: JSON.stringify(body) };
    const { Body } = await runtime.send(new InvokeEndpointCommand(input));
    return JSON.parse(Buffer.from(Body).toString());
  };

  it.each(Object.keys(schemas) as (keyof typeof schemas)[])(
    'refuses an input of %s that the schemas of the SDK do not allow, and says what is wrong',
    async (operation) => {
      const [, , , , input] = schemas[operation];
      const [, , , , members, , required = 0] = (input as () => readonly unknown[])();
      const names = (members as readonly string[]).slice(0, Number(required));
      const inputs = broken(INPUTS[operation], names);
      expect(inputs.length).toBeGreaterThan(1);
      for (const wrong of inputs) {
        const answer = await ask(operation, wrong);
        expect([wrong, answer.status, answer.__type]).toEqual([wrong, 400, 'ValidationException']);
        expect(answer.message).toMatch(
          /validation error detected: .*(no such member|must not be null|where a .* belongs)/,
        );
      }
    },
  );

  it('answers every operation as the schemas of the SDK want it', async () => {
    const order: readonly (keyof typeof schemas)[] = [
      ...(['CreateModel', 'DescribeModel', 'CreateEndpointConfig'] as const),
      ...([
        'DescribeEndpointConfig',
        'CreateEndpoint',
        'DescribeEndpoint',
        'ListEndpoints',
      ] as const),
      ...(['UpdateEndpoint', 'DescribeEndpoint', 'UpdateEndpointWeightsAndCapacities'] as const),
      ...(['DescribeEndpoint', 'DeleteEndpoint', 'DeleteEndpointConfig', 'DeleteModel'] as const),
    ];
    expect(new Set(order)).toEqual(new Set(Object.keys(schemas)));
    for (const operation of order) {
      // An answer that the SDK does not know would be a 500.
      const answer = await ask(operation, INPUTS[operation]);
      expect([operation, answer.status, answer.message]).toEqual([operation, 200, undefined]);
      if (/^(Create|Update)Endpoint(Weights|$)/.test(operation)) await settled('e');
    }
  });

  it('gives the SDK back what it was told', async () => {
    await serve('told', { FACTOR: '2' });
    const described = await client.send(new DescribeModelCommand({ ModelName: 'told' }));
    expect(described).toMatchObject({
      ModelArn: 'arn:aws:sagemaker:us-east-1:000000000000:model/told',
      PrimaryContainer: { Environment: { FACTOR: '2' } },
      CreationTime: expect.any(Date),
    });
    const { ProductionVariants } = await client.send(
      new DescribeEndpointConfigCommand({ EndpointConfigName: 'told' }),
    );
    expect(ProductionVariants).toEqual([{ VariantName: 'v1', ModelName: 'told', ...instances }]);
    const { Endpoints } = await client.send(new ListEndpointsCommand({ NameContains: 'tol' }));
    expect(Endpoints).toMatchObject([{ EndpointName: 'told', EndpointStatus: 'InService' }]);
  });

  it('refuses what SageMaker refuses though the schemas allow it', async () => {
    await model('limits', {});
    const one = { VariantName: 'a', ModelName: 'limits' };
    const refused: readonly (readonly [
      CreateEndpointConfigCommandInput['ProductionVariants'],
      RegExp,
    ])[] = [
      [[], /needs a production variant/],
      [
        [
          { ...one, ...serverless },
          { ...one, ...serverless, VariantName: 'b' },
        ],
        /exactly one/,
      ],
      [
        [
          { ...one, ...instances },
          { ...one, ...instances },
        ],
        /different names/,
      ],
      [
        Array.from({ length: 11 }, (_, i) => ({ ...one, ...instances, VariantName: `v${i}` })),
        /at most 10/,
      ],
      [[one], /needs an InstanceType/],
      [[{ ...one, ...instances, ...serverless }], /has no InstanceType/],
      [
        [{ ...one, ServerlessConfig: { MemorySizeInMB: 100, MaxConcurrency: 1 } }],
        /MemorySizeInMB/,
      ],
      [[{ ...one, ...instances, ModelName: 'nobody' }], /Could not find model/],
    ];
    for (const [variants, why] of refused) await expect(config('x', variants)).rejects.toThrow(why);
    await expect(model('a'.repeat(64), {})).rejects.toThrow('modelName');
    await expect(model('limits', {})).rejects.toThrow('already existing');
    await expect(model('long', { A: 'x'.repeat(1025) })).rejects.toThrow('longer than 1024');
    await expect(config('c1', [{ ...one, ...serverless }])).resolves.toBeTruthy();
    const outside = { RepositoryAccessMode: 'Vpc' } as const;
    const network = { Subnets: ['subnet-1', 'subnet-2'], SecurityGroupIds: ['sg-1'] };
    const pulls = (ModelName: string, ImageConfig: ImageConfig, VpcConfig?: VpcConfig) =>
      client.send(
        new CreateModelCommand({
          ...{ ModelName, ExecutionRoleArn: arn, VpcConfig },
          PrimaryContainer: { Image: 'registry.example.com/a', ImageConfig },
        }),
      );
    await expect(pulls('outside', outside)).rejects.toThrow('needs a VpcConfig');
    const login = { RepositoryCredentialsProviderArn: arn };
    const inside = { RepositoryAccessMode: 'Platform', RepositoryAuthConfig: login } as const;
    await expect(pulls('outside', inside, network)).rejects.toThrow('needs RepositoryAccessMode');
    await pulls('outside', outside, network);
    const free = { ...one, ...serverless, ModelName: 'outside' };
    await expect(config('c2', [free])).rejects.toThrow('no VpcConfig');
  });

  it('fails an endpoint whose container exits or is never healthy, and refuses it while it starts', async () => {
    const outcome = await serve('exits', { EXIT: '1' });
    expect(outcome).toMatchObject({
      EndpointStatus: 'Failed',
      FailureReason: expect.stringContaining('did not pass the ping health check'),
    });
    expect(log.join()).toContain('exits/v1: it exits, as it was told');
    const silent = serve('silent', { SILENT: '1' });
    const list = () => client.send(new ListEndpointsCommand({ NameContains: 'silent' }));
    await until(list, ({ Endpoints }) => Endpoints?.length === 1);
    await expect(
      client.send(new DeleteEndpointCommand({ EndpointName: 'silent' })),
    ).rejects.toThrow('Cannot update in-progress endpoint');
    expect((await silent).EndpointStatus).toBe('Failed');
    await expect(invoke('silent', {})).rejects.toMatchObject({ name: 'ValidationError' });
  });

  it('goes back to what served when an update fails, and tells so by the old configuration', async () => {
    await serve('update', { FACTOR: '2' });
    await model('worse', { EXIT: '1' });
    await config('worse', [{ VariantName: 'v1', ModelName: 'worse', ...instances }]);
    const EndpointName = 'update';
    const update = new UpdateEndpointCommand({ EndpointName, EndpointConfigName: 'worse' });
    await client.send(update);
    await expect(client.send(update)).rejects.toThrow('Cannot update in-progress endpoint');
    expect(await invoke('update', { x: 2 })).toMatchObject({ y: 4 });
    expect(await settled('update')).toMatchObject({
      EndpointStatus: 'InService',
      EndpointConfigName: 'update',
      FailureReason: expect.stringContaining('ping health check'),
    });
    expect(await invoke('update', { x: 2 })).toMatchObject({ y: 4 });
  });

  it('runs for an image what it was told to, and for all others the same', async () => {
    await serve('fives', { FACTOR: '2' }, 'fives');
    await serve('others', { FACTOR: '2' }, 'constructor');
    expect(await invoke('fives', { x: 3 })).toMatchObject({ y: 15 });
    expect(await invoke('others', { x: 3 })).toMatchObject({ y: 6 });
  });

  it('answers every request while its containers are exchanged', async () => {
    await serve('exchanged', { FACTOR: '2' });
    const named = { EndpointName: 'exchanged', EndpointConfigName: 'exchanged' };
    const pids = new Set<number>();
    await client.send(new UpdateEndpointCommand(named));
    for (let isUpdating = true; isUpdating; ) {
      const answers = await Promise.all([1, 2, 3].map((x) => invoke('exchanged', { x, wait: 50 })));
      expect(answers.map(({ y }) => y)).toEqual([2, 4, 6]);
      for (const { pid } of answers) pids.add(pid);
      const found = await client.send(new DescribeEndpointCommand(named));
      isUpdating = found.EndpointStatus === 'Updating';
    }
    pids.add((await invoke('exchanged', { x: 1 })).pid);
    expect(pids.size).toBe(2);
  });

  it('passes on what a container answers, its errors as ModelError, and starts it again when it is gone', async () => {
    await serve('again', { FACTOR: '3' });
    const { pid } = await invoke('again', { x: 1 });
    await expect(invoke('again', { fail: true })).rejects.toMatchObject({
      ...{ name: 'ModelError', OriginalStatusCode: 500, OriginalMessage: 'as it was told' },
    });
    await expect(invoke('again', { end: true })).rejects.toMatchObject({ name: 'ModelError' });
    const next = () => invoke('again', { x: 1 }).catch(() => ({ pid }));
    await until(next, (answer) => answer.pid !== pid);
  });
});

describe('the program of the stub', () => {
  it('leaves no container behind when it is killed', async () => {
    const port = await freePort();
    const folder = mkdtempSync(join(tmpdir(), 'tidegate-stub-'));
    let said = '';
    const program = startChild(
      [process.execPath, '--import', 'tsx', join(__dirname, 'stub-program.ts')],
      {
        ...{
          PATH: process.env.PATH ?? '',
          PORT: `${port}`,
          AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
        },
        ...{ AWS_REGION: 'us-east-1', AWS_ACCOUNT: '000000000000', PING_WITHIN_MS: '5000' },
        ...{ SETTLE_MS: '1', TMPDIR: folder, CONTAINER_COMMAND: JSON.stringify(DOUBLE) },
        IMAGE_COMMANDS: '{}',
      },
      (text) => {
        said += text;
      },
    );
    try {
      await until(
        async () => said,
        (text) => text.includes('ready'),
      );
      const options = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials };
      const client = new SageMakerClient(options);
      const Environment = { FACTOR: '2' };
      const PrimaryContainer = { Image: 'image', Environment };
      await client.send(
        new CreateModelCommand({ ModelName: 'm', PrimaryContainer, ExecutionRoleArn: arn }),
      );
      const ProductionVariants = [{ VariantName: 'v1', ModelName: 'm', ...instances }];
      await client.send(
        new CreateEndpointConfigCommand({ EndpointConfigName: 'c', ProductionVariants }),
      );
      const named = { EndpointName: 'e', EndpointConfigName: 'c' };
      await client.send(new CreateEndpointCommand(named));
      const runtime = new SageMakerRuntimeClient(options);
      const input = { EndpointName: 'e', ContentType: 'application/json', Body: '{"x":1}' };
      const invoke = () => runtime.send(new InvokeEndpointCommand(input)).catch(() => null);
      const answer = await until(invoke, (found) => found !== null);
      const { pid } = JSON.parse(Buffer.from(answer?.Body ?? []).toString());
      expect(existsSync(`/proc/${pid}`)).toBe(true);
      program.signal('SIGKILL');
      await until(
        async () => existsSync(`/proc/${pid}`),
        (isThere) => !isThere,
      );
    } finally {
      await program.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
