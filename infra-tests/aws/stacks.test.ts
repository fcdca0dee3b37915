import { stages } from '../../lib/config';
import { type Resource, type Resources, synth } from './synth';

const SYNTH_MS = 150_000;
const STATEFUL = ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key'];

const all = (stacks: ReadonlyMap<string, Resources>): readonly (readonly [string, Resource])[] =>
  [...stacks.values()].flatMap((resources) => Object.entries(resources));
const ofType = (stacks: ReadonlyMap<string, Resources>, type: string) =>
  all(stacks).filter(([, { Type }]) => Type === type);

describe.each(Object.keys(stages))('the stacks of %s', (stage) => {
  let stacks: ReadonlyMap<string, Resources>;
  beforeAll(() => {
    stacks = synth({ stage });
  }, SYNTH_MS);

  it('keep what people made when a stack goes away, where it is meant to last', () => {
    const policy = stage === 'prod' ? 'Retain' : 'Delete';
    const stateful = all(stacks).filter(([, { Type }]) => STATEFUL.includes(Type));
    expect(stateful.length).toBeGreaterThan(0);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of stateful) {
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, policy, policy]);
    }
  });

  it('never move what holds data: a new logical id is a new, empty one', () => {
    const ids = all(stacks).filter(([, { Type }]) => STATEFUL.includes(Type));
    expect(ids.map(([id]) => id).toSorted()).toEqual([
      'AccessLogsBucketCD784A59',
      'ArtifactsBucket88671897',
      'CapturedBucket681C726A',
      ...(stage === 'prod' ? ['Key961B73FD'] : []),
      'RecordsTableC9B7A30B',
    ]);
  });

  it('have buckets that are encrypted, never public, and reached over TLS alone', () => {
    const policies = JSON.stringify(ofType(stacks, 'AWS::S3::BucketPolicy'));
    for (const [id, { Properties }] of ofType(stacks, 'AWS::S3::Bucket')) {
      expect(Properties).toMatchObject({
        PublicAccessBlockConfiguration: {
          BlockPublicAcls: true,
          BlockPublicPolicy: true,
          IgnorePublicAcls: true,
          RestrictPublicBuckets: true,
        },
        OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
        BucketEncryption: expect.anything(),
      });
      expect(policies).toContain(`"Bucket":{"Ref":"${id}"}`);
    }
    const statements = ofType(stacks, 'AWS::S3::BucketPolicy').map(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument),
    );
    for (const statement of statements) {
      expect(statement).toContain('"aws:SecureTransport":"false"');
      expect(statement).not.toContain('"Effect":"Allow","Principal":"*"');
    }
  });

  it('have buckets in which no unfinished upload stays', () => {
    for (const [, { Properties }] of ofType(stacks, 'AWS::S3::Bucket')) {
      const rules = JSON.stringify(Properties.LifecycleConfiguration);
      expect(rules).toContain('"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}');
    }
  });

  it('have a table that can be restored to any second, and forgets what is gone', () => {
    for (const [, { Properties }] of ofType(stacks, 'AWS::DynamoDB::GlobalTable')) {
      expect(Properties).toMatchObject({
        TimeToLiveSpecification: { AttributeName: 'forgotten_at', Enabled: true },
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [
          {
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            DeletionProtectionEnabled: stage === 'prod',
          },
        ],
      });
    }
  });
});

describe('the checks of the stacks', () => {
  it(
    'refuse an app with a bucket that anybody could make by mistake',
    () => {
      expect(() => synth({}, 'tsx infra-tests/aws/careless-app.ts')).toThrow(/AwsSolutions-S1/);
    },
    SYNTH_MS,
  );

  it(
    'refuse a stage that nobody has described',
    () => {
      expect(() => synth({ stage: 'dve' })).toThrow(/no stage dve: give -c stage=dev or prod/);
    },
    SYNTH_MS,
  );
});
