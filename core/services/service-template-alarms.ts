import { generationPart } from './service-template-names';
import {
  type Json,
  type PlannedVersion,
  ref,
  type TemplateResources,
} from './service-template-shape';

const PERIOD_S = 300;
/** Failures of a version within a period that somebody should look at. */
const MANY = 5;
/** Firehose delivers within a minute; after this many seconds something is in its way. */
const STALE_S = 900;

const alarm = (Properties: { readonly [name: string]: Json }): TemplateResources[string] => ({
  Type: 'AWS::CloudWatch::Alarm',
  Properties: {
    ...Properties,
    AlarmActions: [ref('AlarmTopic')],
    OKActions: [ref('AlarmTopic')],
    ComparisonOperator: 'GreaterThanOrEqualToThreshold',
    TreatMissingData: 'notBreaching',
  },
});

const failures = (
  { name, endpoint }: PlannedVersion,
  MetricName: string,
  AlarmDescription: string,
): TemplateResources[string] =>
  alarm({
    AlarmDescription,
    Namespace: 'AWS/SageMaker',
    MetricName,
    Dimensions: [
      { Name: 'EndpointName', Value: endpoint },
      { Name: 'VariantName', Value: name },
    ],
    Statistic: 'Sum',
    Period: PERIOD_S,
    EvaluationPeriods: 1,
    Threshold: MANY,
  });

const versionAlarms = (service: string, version: PlannedVersion): TemplateResources => {
  const { name, endpoint } = version;
  const part = generationPart(name, endpoint);
  const log = `its log is /aws/sagemaker/Endpoints/${endpoint}`;
  return {
    [`AlarmServer${part}`]: failures(
      version,
      'Invocation5XXErrors',
      `The endpoint of ${service}/${name} fails, ${log}: docs/runbook.md#endpoint-fails`,
    ),
    [`AlarmModel${part}`]: failures(
      version,
      'InvocationModelErrors',
      `The model of ${service}/${name} fails on requests, ${log}: docs/runbook.md#model-fails`,
    ),
  };
};

/** Alarms of a service: its endpoints fail, its models fail, what it answered is not delivered. Each names its page of the runbook. */
export const alarmResources = (
  service: string,
  name: string,
  versions: readonly PlannedVersion[],
): TemplateResources => ({
  ...Object.assign({}, ...versions.map((version) => versionAlarms(service, version))),
  AlarmCapture: alarm({
    AlarmDescription: `What ${service} answered is not delivered, the log is /aws/kinesisfirehose/${name}: docs/runbook.md#capture-late`,
    Namespace: 'AWS/Firehose',
    MetricName: 'DeliveryToS3.DataFreshness',
    Dimensions: [{ Name: 'DeliveryStreamName', Value: name }],
    Statistic: 'Maximum',
    Period: PERIOD_S,
    EvaluationPeriods: 2,
    Threshold: STALE_S,
  }),
});
