import { ArnFormat, type Stack } from 'aws-cdk-lib';
import type { Right } from './right';

interface Needs {
  readonly stack: Stack;
  readonly stage: string;
  readonly prefix: string;
  readonly allowedInstanceTypes: readonly string[];
  readonly executionRole: string;
  readonly captureRole: string;
}

const OWN = 'Services are named while the platform runs; the prefix is its own.';
const UNNAMED = 'CloudFormation names them by itself, so that they can be replaced.';

/** What the stack of a service is made of, and nothing else: no IAM, no other names, no other instances. */
export const serviceRoleRights = (needs: Needs): readonly Right[] => [
  ...ofModels(needs),
  ...ofScaling(needs),
  ...ofEdge(needs),
  ...ofCapture(needs),
  {
    actions: ['ssm:GetParameters'],
    resources: [
      needs.stack.formatArn({
        service: 'ssm',
        resource: 'parameter',
        resourceName: `tidegate/${needs.stage}/*`,
      }),
    ],
    because: 'All of them are there for services.',
  },
];

const passes = (role: string, service: string): Right => ({
  actions: ['iam:PassRole'],
  resources: [role],
  conditions: { StringEquals: { 'iam:PassedToService': `${service}.amazonaws.com` } },
});

const ofModels = ({ stack, prefix, allowedInstanceTypes, executionRole }: Needs): Right[] => {
  const named = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'sagemaker', resource, resourceName });
  const [models, configs] = [named('model', '*'), named('endpoint-config', '*')];
  const endpoints = named('endpoint', `${prefix}-*`);
  return [
    {
      actions: ['sagemaker:CreateModel', 'sagemaker:DeleteModel', 'sagemaker:DescribeModel'],
      resources: [models],
      because: UNNAMED,
    },
    {
      actions: ['sagemaker:CreateEndpointConfig'],
      resources: [configs],
      // A serverless version has no instance type: the condition is about those that are named.
      conditions: {
        'ForAllValues:StringEquals': { 'sagemaker:InstanceTypes': [...allowedInstanceTypes] },
      },
      because: UNNAMED,
    },
    {
      actions: ['sagemaker:DeleteEndpointConfig', 'sagemaker:DescribeEndpointConfig'],
      resources: [configs],
      because: UNNAMED,
    },
    {
      actions: ['sagemaker:CreateEndpoint', 'sagemaker:UpdateEndpoint'],
      resources: [endpoints, configs],
      because: OWN,
    },
    {
      actions: [
        'sagemaker:DeleteEndpoint',
        'sagemaker:DescribeEndpoint',
        'sagemaker:UpdateEndpointWeightsAndCapacities',
      ],
      resources: [endpoints],
      because: OWN,
    },
    {
      actions: ['sagemaker:AddTags', 'sagemaker:DeleteTags', 'sagemaker:ListTags'],
      resources: [models, configs, endpoints],
      because: UNNAMED,
    },
    passes(executionRole, 'sagemaker'),
  ];
};

const ofScaling = ({ stack, prefix }: Needs): Right[] => {
  const targets = stack.formatArn({
    ...{ service: 'application-autoscaling', resource: 'scalable-target', resourceName: '*' },
  });
  const alarms = [`${prefix}-*`, `TargetTracking-endpoint/${prefix}-*`].map((resourceName) =>
    stack.formatArn({
      ...{ service: 'cloudwatch', resource: 'alarm', resourceName },
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    }),
  );
  return [
    {
      actions: [
        'application-autoscaling:DeleteScalingPolicy',
        'application-autoscaling:DeregisterScalableTarget',
        'application-autoscaling:ListTagsForResource',
        'application-autoscaling:PutScalingPolicy',
        'application-autoscaling:RegisterScalableTarget',
        'application-autoscaling:TagResource',
        'application-autoscaling:UntagResource',
      ],
      resources: [targets],
      because: 'Targets are named by AWS.',
    },
    {
      actions: [
        'application-autoscaling:DescribeScalableTargets',
        'application-autoscaling:DescribeScalingPolicies',
      ],
      resources: ['*'],
      because: 'Lists have no resource.',
    },
    {
      actions: ['iam:CreateServiceLinkedRole'],
      resources: [
        stack.formatArn({
          ...{ service: 'iam', region: '', resource: 'role' },
          resourceName:
            'aws-service-role/sagemaker.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_SageMakerEndpoint',
        }),
      ],
    },
    {
      actions: [
        'cloudwatch:DeleteAlarms',
        'cloudwatch:DescribeAlarms',
        'cloudwatch:ListTagsForResource',
        'cloudwatch:PutMetricAlarm',
        'cloudwatch:TagResource',
        'cloudwatch:UntagResource',
      ],
      resources: alarms,
      because: OWN,
    },
  ];
};

const ofEdge = ({ stack }: Needs): Right[] => {
  const path = (resourceName: string) =>
    stack.formatArn({ service: 'apigateway', account: '', resource: '', resourceName });
  return [
    {
      actions: [
        'apigateway:DELETE',
        'apigateway:GET',
        'apigateway:PATCH',
        'apigateway:POST',
        'apigateway:PUT',
      ],
      resources: ['usageplans', 'usageplans/*', 'apikeys', 'apikeys/*', 'tags/*'].map(path),
      because: 'API Gateway names usage plans and keys by itself.',
    },
  ];
};

const ofCapture = ({ stack, prefix, captureRole }: Needs): Right[] => {
  const groups = [`/aws/sagemaker/Endpoints/${prefix}-*`, `/aws/kinesisfirehose/${prefix}-*`];
  return [
    {
      actions: [
        'firehose:CreateDeliveryStream',
        'firehose:DeleteDeliveryStream',
        'firehose:DescribeDeliveryStream',
        'firehose:ListTagsForDeliveryStream',
        'firehose:TagDeliveryStream',
        'firehose:UntagDeliveryStream',
        'firehose:UpdateDestination',
      ],
      resources: [
        stack.formatArn({
          ...{ service: 'firehose', resource: 'deliverystream', resourceName: `${prefix}-*` },
        }),
      ],
      because: OWN,
    },
    passes(captureRole, 'firehose'),
    {
      actions: [
        'logs:CreateLogGroup',
        'logs:CreateLogStream',
        'logs:DeleteLogGroup',
        'logs:DeleteLogStream',
        'logs:DeleteRetentionPolicy',
        'logs:DescribeLogStreams',
        'logs:ListTagsForResource',
        'logs:PutRetentionPolicy',
        'logs:TagResource',
        'logs:UntagResource',
      ],
      // The group itself, and what is in it.
      resources: groups.flatMap((name) =>
        [name, `${name}:*`].map((resourceName) =>
          stack.formatArn({
            ...{ service: 'logs', resource: 'log-group', resourceName },
            arnFormat: ArnFormat.COLON_RESOURCE_NAME,
          }),
        ),
      ),
      because: OWN,
    },
    {
      actions: ['logs:DescribeLogGroups'],
      resources: ['*'],
      because: 'Lists have no resource.',
    },
  ];
};
