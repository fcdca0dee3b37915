import { type Made, ofType, resourcesOf, sorted } from './stage';

const STATEFUL = [
  ...['AWS::S3::Bucket', 'AWS::DynamoDB::GlobalTable', 'AWS::KMS::Key'],
  'AWS::Glue::Database',
];
/** What statements came to, which expires, and the database of what has arrived, which holds nothing. */
const PASSING = ['ResultsBucket46167C27', 'RawDatabaseB76B565F'];

/** Rules about what holds data. */
export const dataRules = (made: Made): void => {
  const stateful = () => resourcesOf(made).filter(([, { Type }]) => STATEFUL.includes(Type));

  it('keep what people made when a stack goes away, where it is meant to last', () => {
    const policy = made.stage === 'prod' ? 'Retain' : 'Delete';
    expect(stateful().length).toBeGreaterThan(0);
    for (const [id, { DeletionPolicy, UpdateReplacePolicy }] of stateful()) {
      const wanted = PASSING.includes(id) ? 'Delete' : policy;
      const found = [DeletionPolicy ?? 'Delete', UpdateReplacePolicy ?? 'Delete'];
      expect([id, ...found]).toEqual([id, wanted, wanted]);
    }
  });

  it('never move what holds data: a new logical id is a new, empty one', () => {
    const ids = stateful().map(([id]) => id);
    expect(sorted(ids)).toEqual([
      'AccessLogsBucketCD784A59',
      'ArtifactsBucket88671897',
      'CapturedBucket681C726A',
      'Database',
      ...(made.stage === 'prod' ? ['Key961B73FD'] : []),
      'RawDatabaseB76B565F',
      'RecordsTableC9B7A30B',
      'ResultsBucket46167C27',
      'TablesBucketC681E1D4',
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

  it('forget what has arrived after its days, and what statements came to after seven', () => {
    interface Expiring {
      readonly Rules: readonly { readonly Prefix?: string; readonly ExpirationInDays?: number }[];
    }
    const expiring = (id: string) =>
      ofType(made, 'AWS::S3::Bucket')
        .filter(([name]) => name === id)
        .flatMap(([, { Properties }]) => (Properties.LifecycleConfiguration as Expiring).Rules)
        .flatMap(({ Prefix = '', ExpirationInDays: days }) =>
          days === undefined ? [] : [[Prefix, days]],
        );
    expect(expiring('CapturedBucket681C726A')).toEqual(
      ['requests/', 'labels/', 'spill/', 'requests-errors/'].map((prefix) => [prefix, 30]),
    );
    expect(expiring('ResultsBucket46167C27')).toEqual([['', 7]]);
    expect(expiring('TablesBucketC681E1D4')).toEqual([]);
  });

  it('tell of each object that is captured, by no function of the CDK', () => {
    const telling = ofType(made, 'AWS::S3::Bucket').filter(
      ([, { Properties }]) => Properties.NotificationConfiguration !== undefined,
    );
    expect(
      telling.map(([id, { Properties }]) => [id, Properties.NotificationConfiguration]),
    ).toEqual([
      ['CapturedBucket681C726A', { EventBridgeConfiguration: { EventBridgeEnabled: true } }],
    ]);
    expect(resourcesOf(made).filter(([, { Type }]) => Type.startsWith('Custom::'))).toEqual([]);
  });

  it('keep no versions of tables: what is erased is gone', () => {
    const versioned = ofType(made, 'AWS::S3::Bucket').filter(
      ([, { Properties }]) => Properties.VersioningConfiguration !== undefined,
    );
    expect(versioned.map(([id]) => id)).toEqual(['ArtifactsBucket88671897']);
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
