import { type Made, ofType, resourcesOf, sorted } from './stage';

const STATEFUL = ['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key'];

/** Rules about what holds data. */
export const dataRules = (made: Made): void => {
  const stateful = () => resourcesOf(made).filter(([, { Type }]) => STATEFUL.includes(Type));

  it('keep what people made when a stack goes away, where it is meant to last', () => {
    const policy = made.stage === 'prod' ? 'Retain' : 'Delete';
    expect(stateful().length).toBeGreaterThan(0);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of stateful()) {
      expect([id, DeletionPolicy, UpdateReplacePolicy]).toEqual([id, policy, policy]);
    }
  });

  it('never move what holds data: a new logical id is a new, empty one', () => {
    const ids = stateful().map(([id]) => id);
    expect(sorted(ids)).toEqual([
      'AccessLogsBucketCD784A59',
      'ArtifactsBucket88671897',
      'CapturedBucket681C726A',
      ...(made.stage === 'prod' ? ['Key961B73FD'] : []),
      'RecordsTableC9B7A30B',
    ]);
  });

  it('have buckets that are encrypted, never public, and reached over TLS alone', () => {
    const policies = JSON.stringify(ofType(made, 'AWS::S3::BucketPolicy'));
    for (const [id, { Properties }] of ofType(made, 'AWS::S3::Bucket')) {
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
    const statements = ofType(made, 'AWS::S3::BucketPolicy').map(([, { Properties }]) =>
      JSON.stringify(Properties.PolicyDocument),
    );
    for (const statement of statements) {
      expect(statement).toContain('"aws:SecureTransport":"false"');
      expect(statement).not.toContain('"Effect":"Allow","Principal":"*"');
    }
  });

  it('have buckets in which no unfinished upload stays', () => {
    for (const [, { Properties }] of ofType(made, 'AWS::S3::Bucket')) {
      const rules = JSON.stringify(Properties.LifecycleConfiguration);
      expect(rules).toContain('"AbortIncompleteMultipartUpload":{"DaysAfterInitiation":7}');
    }
  });

  it('have a table that can be restored to any second, and forgets what is gone', () => {
    for (const [, { Properties }] of ofType(made, 'AWS::DynamoDB::GlobalTable')) {
      expect(Properties).toMatchObject({
        TimeToLiveSpecification: { AttributeName: 'forgotten_at', Enabled: true },
        BillingMode: 'PAY_PER_REQUEST',
        Replicas: [
          {
            PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
            DeletionProtectionEnabled: made.stage === 'prod',
          },
        ],
      });
    }
  });
};
