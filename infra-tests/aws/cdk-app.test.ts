import { rawTables } from '../../core/tables/raw-tables';
import { readable } from './rules/stage';
import { type Resource, type Synthesized, synth } from './synth';

const SYNTH_MS = 200_000;

describe("Tidegate in somebody else's CDK app", () => {
  let made: Synthesized;
  beforeAll(() => {
    made = synth({}, 'tsx examples/cdk-app/app.ts');
  }, SYNTH_MS);
  const inStack = (stack: string, type: string): readonly Resource[] =>
    Object.values(made.stacks.get(`research-models-${stack}`)?.Resources ?? {}).filter(
      ({ Type }) => Type === type,
    );
  const ofType = (type: string): readonly Resource[] => inStack('api', type);

  it('has the names of its stage, and stacks named as the app likes', () => {
    expect([...made.stacks.keys()]).toEqual(
      expect.arrayContaining(['research-models-api', 'research-models-data']),
    );
    const names = ofType('AWS::SSM::Parameter').map(({ Properties }) => Properties.Name);
    expect(names).toContain('/tidegate/research/api-id');
  });

  it('leaves no finding of cdk-nag open, not even a warning', () => {
    expect(made.said).not.toMatch(/WARNING|ERROR/);
  });

  it('has a second image for GPUs, and lets models have images of the registries that it names', () => {
    const values = new Map(
      ofType('AWS::SSM::Parameter').map(({ Properties: { Name, Value } }) => [
        Name,
        readable(Value),
      ]),
    );
    const [image, gpu] = ['', '-gpu'].map((end) =>
      values.get(`/tidegate/research/model-server-image${end}`),
    );
    expect([image, gpu]).toEqual([expect.stringMatching(/ecr/), expect.stringMatching(/ecr/)]);
    expect(gpu).not.toBe(image);
    const policies = JSON.stringify(ofType('AWS::IAM::Policy'));
    expect(policies).toMatch(/:ecr:eu-west-1:763104351884:repository\/\*/);
    const variables = JSON.stringify(ofType('AWS::Lambda::Function'));
    expect(variables).toMatch(
      /"IMAGE_REGISTRIES":"111122223333[^"]*,763104351884\.dkr\.ecr\.eu-west-1\.amazonaws\.com"/,
    );
  });

  describe('with a bucket and a prefix to capture into', () => {
    const PLACE = 'tidegate/research/';
    const rightsOn = (stack: string): readonly string[] =>
      inStack(stack, 'AWS::IAM::Policy').flatMap(({ Properties }) => {
        const { Statement } = Properties.PolicyDocument as {
          readonly Statement: readonly { readonly Resource: unknown }[];
        };
        const all = Statement.flatMap(({ Resource: resource }) => resource).map(readable);
        return all.flatMap(
          (one) => /<\w+capturedbucket\w+>(?<place>.*)$/.exec(one)?.groups?.place ?? [],
        );
      });

    it('makes none of its own, and tells services which', () => {
      const buckets = inStack('data', 'AWS::S3::Bucket');
      expect(buckets).toHaveLength(4);
      expect(buckets.filter((one) => 'NotificationConfiguration' in one.Properties)).toEqual([]);
      const values = inStack('data', 'AWS::SSM::Parameter').map(({ Properties }) => [
        ...[Properties.Name, Properties.Value],
      ]);
      expect(values).toContainEqual([
        ...['/tidegate/research/captured-bucket', 'example-research-data'],
      ]);
      expect(values).toContainEqual([
        ...['/tidegate/research/captured-requests', `${PLACE}requests`],
      ]);
      const variables = inStack('api', 'AWS::Lambda::Function').map(({ Properties }) =>
        readable(Properties.Environment),
      );
      const platform = `CapturedRequests=${PLACE}requests`;
      expect(variables.filter((one) => one.includes(platform))).toHaveLength(1);
    });

    it('reaches only what lies under the prefix there', () => {
      const folders = ['labels', 'requests', 'spill'].map((folder) => `/${PLACE}${folder}/*`);
      const errors = `/${PLACE}requests-errors/*`;
      for (const stack of ['api', 'tables']) {
        expect(new Set(rightsOn(stack))).toEqual(new Set(['', ...folders, errors]));
      }
    });

    it('tells functions, tables and what marks arrivals of the prefix', () => {
      const told = (stack: string, names: readonly string[]) =>
        inStack(stack, 'AWS::Lambda::Function')
          .map(({ Properties }) => Object(Properties.Environment).Variables)
          .filter(({ POWERTOOLS_SERVICE_NAME: name }) => names.includes(name))
          .map((variables) => variables.CAPTURED_PREFIX);
      expect(told('api', ['predict'])).toEqual([PLACE]);
      expect(told('tables', ['build', 'mark', 'sweep'])).toEqual([PLACE, PLACE, PLACE]);
      const places = inStack('tables', 'AWS::Glue::Table').map(({ Properties }) =>
        readable(Object(Properties.TableInput).StorageDescriptor.Location),
      );
      const bucket = places[0]?.match(/<\w+capturedbucket\w+>/)?.[0];
      expect(bucket).toBeDefined();
      expect(places).toEqual(rawTables(`s3://${bucket}/${PLACE}`).map(({ location }) => location));
      const patterns = inStack('tables', 'AWS::Events::Rule').map(
        ({ Properties }) => Object(Properties.EventPattern).detail?.object?.key,
      );
      expect(patterns).toEqual([
        ['requests/', 'labels/'].map((kind) => ({ prefix: `${PLACE}${kind}` })),
      ]);
    });
  });

  it('runs its functions in the network that it is given, with nobody let in', () => {
    const functions = ofType('AWS::Lambda::Function');
    expect(functions.length).toBeGreaterThan(0);
    for (const { Properties } of functions) {
      expect(Properties.VpcConfig).toMatchObject({
        SubnetIds: ['subnet-0123456789abcdef0', 'subnet-0123456789abcdef1'],
      });
    }
    // Of the functions, and of models outside ECR.
    expect(ofType('AWS::EC2::SecurityGroup').map(({ Properties }) => Properties)).toEqual([
      expect.not.objectContaining({ SecurityGroupIngress: expect.anything() }),
      expect.not.objectContaining({ SecurityGroupIngress: expect.anything() }),
    ]);
  });

  it('lets models of its registry into the network, and their role ask for the login and no more', () => {
    const login = 'arn:aws:lambda:eu-west-1:111122223333:function:registry-login';
    const told = (of: string) =>
      ofType('AWS::SSM::Parameter')
        .filter(({ Properties }) => Properties.Name === `/tidegate/research/${of}`)
        .map(({ Properties }) => readable(Properties.Value));
    expect(told('model-subnets')).toEqual(['subnet-0123456789abcdef0,subnet-0123456789abcdef1']);
    expect(told('model-security-group')).toEqual([
      expect.stringMatching(/^<ModelsOut\w+\.GroupId>$/),
    ]);
    const roles = Object.entries(made.stacks.get('research-models-api')?.Resources ?? {}).filter(
      ([id, { Type }]) => Type === 'AWS::IAM::Policy' && id.startsWith('RolesExecution'),
    );
    const statements = roles.flatMap(
      ([, { Properties }]) => Object(Properties.PolicyDocument).Statement,
    );
    const on = (action: string) =>
      statements
        .filter(({ Action }) => [Action].flat().includes(action))
        .flatMap(({ Resource }) => [Resource].flat().map(readable));
    expect(on('lambda:InvokeFunction')).toEqual([login]);
    const places = on('ec2:CreateNetworkInterface');
    const subnets = places.filter((one) => one.includes(':subnet/'));
    expect(subnets).toEqual([
      expect.stringMatching(/:subnet\/subnet-0123456789abcdef0$/),
      expect.stringMatching(/:subnet\/subnet-0123456789abcdef1$/),
    ]);
    expect(places.filter((one) => !subnets.includes(one))).toEqual([
      expect.stringMatching(/:network-interface\/\*$/),
      expect.stringMatching(/:security-group\/<ModelsOut\w+\.GroupId>$/),
    ]);
    const permission = statements.find(
      ({ Action }) => Action === 'ec2:CreateNetworkInterfacePermission',
    );
    expect(permission.Condition.ArnEquals['ec2:Subnet'].map(readable)).toEqual(subnets);
    // Nobody else asks for it, and only who reads and who runs images is told.
    const policies = ofType('AWS::IAM::Policy').filter((one) =>
      JSON.stringify(one).includes(login),
    );
    expect(policies).toHaveLength(1);
    const knowing = ofType('AWS::Lambda::Function').flatMap(({ Properties }) => {
      const { Variables } = Object(Properties.Environment);
      return 'PRIVATE_REGISTRIES' in Variables ? [Variables.POWERTOOLS_SERVICE_NAME] : [];
    });
    expect(knowing).toEqual(['reconcile', 'intake']);
    const platform = ofType('AWS::Lambda::Function')
      .map(({ Properties }) => readable(Object(Properties.Environment).Variables.PLATFORM))
      .find((text) => text.includes('ServerImage='));
    expect(platform).toMatch(/ ModelSubnets=subnet-\S+,subnet-\S+ ModelSecurityGroup=<ModelsOut/);
  });

  it('holds what it is told of instances, alarms, buckets, log groups and the account', () => {
    const policies = JSON.stringify(ofType('AWS::IAM::Policy'));
    expect(policies).toContain('"sagemaker:InstanceTypes":["ml.m5.large","ml.g5.xlarge"]');
    expect(policies).toContain('example-training-results');
    expect(ofType('AWS::SNS::Subscription').map(({ Properties }) => Properties)).toMatchObject([
      { Protocol: 'email', Endpoint: 'ml-on-call@example.com' },
    ]);
    for (const { Properties } of ofType('AWS::Logs::LogGroup')) {
      expect(Properties.RetentionInDays).toBe(365);
    }
    expect(ofType('AWS::ApiGateway::Account')).toEqual([]);
    expect(ofType('AWS::WAFv2::WebACL')).toEqual([]);
    const url = made.stacks.get('research-models-api')?.Outputs?.Url?.Value;
    expect(readable(url)).toBe('https://ml.example.com');
  });
});
