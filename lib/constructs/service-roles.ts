import { ArnFormat, Stack } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { StageConfig } from '../config';
import { registryOwners } from '../image-registries';
import type { ModelNetwork } from './model-network';
import type { PlatformData } from './platform-data';
import { grant } from './right';
import { serviceRoleRights } from './service-role-rights';

export interface ServiceRolesProps {
  readonly stage: string;
  readonly prefix: string;
  readonly config: StageConfig;
  readonly data: PlatformData;
  /** Where models with images outside ECR run; there need be none. */
  readonly models: ModelNetwork | undefined;
}

/** The roles of services' stacks, which contain none themselves. */
export class ServiceRoles extends Construct {
  /** CloudFormation makes and removes services with it. */
  readonly service: Role;
  /** Models run with it. */
  readonly execution: Role;
  /** Firehose writes captured requests with it. */
  readonly capture: Role;

  constructor(scope: Construct, id: string, props: ServiceRolesProps) {
    super(scope, id);
    const { stage, prefix, config, data, models } = props;
    const stack = Stack.of(this);
    const roleOf = (name: string, service: string, description: string) =>
      new Role(this, name, {
        assumedBy: new ServicePrincipal(`${service}.amazonaws.com`, {
          // No other account's endpoint or stream may borrow it.
          conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
        }),
        description: `Tidegate: ${description}`,
      });
    this.execution = roleOf('Execution', 'sagemaker', 'reads the packages of models');
    this.capture = roleOf('Capture', 'firehose', 'writes captured requests');
    // CloudFormation sends no source account when it takes a stack's role.
    this.service = new Role(this, 'Service', {
      assumedBy: new ServicePrincipal('cloudformation.amazonaws.com'),
      description: 'Tidegate: makes and removes services',
    });

    grant(this.execution, [
      {
        actions: ['s3:GetObject'],
        resources: [data.inBucket(data.artifacts, 'packages')],
        because: 'Each model is a folder named by its digest.',
      },
      {
        actions: ['s3:ListBucket'],
        resources: [data.inBucket(data.artifacts)],
        conditions: { StringLike: { 's3:prefix': 'packages/*' } },
      },
      ...data.useKey(['kms:Decrypt']),
      {
        actions: ['ecr:GetAuthorizationToken'],
        resources: ['*'],
        because: 'A token is for the whole registry.',
      },
      {
        actions: [
          'ecr:BatchCheckLayerAvailability',
          'ecr:BatchGetImage',
          'ecr:GetDownloadUrlForLayer',
        ],
        resources: [{}, ...registryOwners(config)].map((owner) =>
          stack.formatArn({ ...owner, service: 'ecr', resource: 'repository', resourceName: '*' }),
        ),
        because: 'A version may bring an image of its own from any repository of these accounts.',
      },
      {
        actions: ['logs:CreateLogStream', 'logs:DescribeLogStreams', 'logs:PutLogEvents'],
        resources: [logGroups(stack, `/aws/sagemaker/Endpoints/${prefix}-*:*`)],
        because: 'Each service has a log group of its own under this prefix.',
      },
      {
        actions: ['cloudwatch:PutMetricData'],
        resources: ['*'],
        conditions: { StringLike: { 'cloudwatch:namespace': '/aws/sagemaker/*' } },
        because: 'Metrics are no resources; the namespace is a condition.',
      },
      ...(models?.rights ?? []),
    ]);
    grant(this.capture, [
      {
        actions: ['s3:AbortMultipartUpload', 's3:PutObject'],
        resources: ['requests', 'requests-errors'].map((name) =>
          data.inBucket(data.captured, `${data.capturedPrefix}${name}`),
        ),
        because: 'Objects are named by service and time.',
      },
      {
        actions: ['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'],
        resources: [data.inBucket(data.captured)],
      },
      ...data.useKey(['kms:Decrypt', 'kms:GenerateDataKey']),
      {
        actions: ['logs:PutLogEvents'],
        resources: [logGroups(stack, `/aws/kinesisfirehose/${prefix}-*:*`)],
        because: 'Each service has a log group of its own under this prefix.',
      },
    ]);
    grant(
      this.service,
      serviceRoleRights({
        ...{ stack, stage, prefix, allowedInstanceTypes: config.allowedInstanceTypes },
        executionRole: this.execution.roleArn,
        captureRole: this.capture.roleArn,
      }),
    );
  }
}

const logGroups = (stack: Stack, resourceName: string): string =>
  stack.formatArn({
    ...{ service: 'logs', resource: 'log-group', resourceName },
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
