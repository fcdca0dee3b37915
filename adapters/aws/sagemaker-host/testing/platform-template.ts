/** Of the model server. */
export const IMAGE = '000000000000.dkr.ecr.us-east-1.amazonaws.com/server:1';

const BUCKET = 'tidegate-test-artifacts';
const role = (name: string): string => `arn:aws:iam::000000000000:role/${name}`;

const parameter = (name: string, Value: unknown) => ({
  Type: 'AWS::SSM::Parameter',
  Properties: { Name: `/tidegate/test/${name}`, Type: 'String', Value },
});

/** What service stacks need of the platform's, in little: the real stacks have tests of their own. */
export const platformTemplate = (image = IMAGE) => ({
  Resources: {
    Artifacts: { Type: 'AWS::S3::Bucket', Properties: { BucketName: BUCKET } },
    Captured: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'tidegate-test-captured' } },
    Topic: { Type: 'AWS::SNS::Topic', Properties: {} },
    Api: { Type: 'AWS::ApiGateway::RestApi', Properties: { Name: 'tidegate-test' } },
    Method: {
      Type: 'AWS::ApiGateway::Method',
      Properties: {
        RestApiId: { Ref: 'Api' },
        ResourceId: { 'Fn::GetAtt': ['Api', 'RootResourceId'] },
        HttpMethod: 'GET',
        AuthorizationType: 'NONE',
        Integration: { Type: 'MOCK' },
      },
    },
    Deployment: {
      Type: 'AWS::ApiGateway::Deployment',
      DependsOn: ['Method'],
      Properties: { RestApiId: { Ref: 'Api' } },
    },
    Stage: {
      Type: 'AWS::ApiGateway::Stage',
      Properties: {
        RestApiId: { Ref: 'Api' },
        DeploymentId: { Ref: 'Deployment' },
        StageName: 'v1',
      },
    },
    ApiId: parameter('api-id', { Ref: 'Api' }),
    ApiStage: parameter('api-stage', { Ref: 'Stage' }),
    CapturedBucket: parameter('captured-bucket', { Ref: 'Captured' }),
    CapturedRequests: parameter('captured-requests', 'requests'),
    ArtifactsBucket: parameter('artifacts-bucket', { Ref: 'Artifacts' }),
    ExecutionRole: parameter('execution-role', role('execution')),
    CaptureRole: parameter('capture-role', role('capture')),
    Image: parameter('model-server-image', image),
    AlarmTopic: parameter('alarm-topic', { Ref: 'Topic' }),
    ModelSubnets: parameter('model-subnets', 'subnet-1,subnet-2'),
    ModelSecurityGroup: parameter('model-security-group', 'sg-1'),
  },
});

/** A registry outside ECR, and what tells SageMaker what to log in there with. */
export const PRIVATE_REGISTRY = 'registry.example.com:5000';
export const CREDENTIALS_FUNCTION = 'arn:aws:lambda:us-east-1:000000000000:function:login';

/** Where the packages and templates of the tests lie. */
export const ARTIFACTS_BUCKET = BUCKET;
export const SERVICE_ROLE = role('service');
