import { type Json, ref, type TemplateResources } from './service-template-shape';

const LOG_DAYS = 30;
const LOG_STREAM = 'delivery';

/** A key that begins with where the stage has captured requests. */
const afterRequests = (rest: string): Json => ({
  'Fn::Join': ['', [ref('CapturedRequests'), rest]],
});

/** The delivery stream of what a service answered, and where it tells why it could not deliver. */
export const captureResources = (service: string, name: string): TemplateResources => ({
  CaptureLogs: {
    Type: 'AWS::Logs::LogGroup',
    Properties: { LogGroupName: `/aws/kinesisfirehose/${name}`, RetentionInDays: LOG_DAYS },
  },
  CaptureLogStream: {
    Type: 'AWS::Logs::LogStream',
    Properties: { LogGroupName: ref('CaptureLogs'), LogStreamName: LOG_STREAM },
  },
  Capture: {
    Type: 'AWS::KinesisFirehose::DeliveryStream',
    Properties: {
      DeliveryStreamName: name,
      DeliveryStreamType: 'DirectPut',
      DeliveryStreamEncryptionConfigurationInput: { KeyType: 'AWS_OWNED_CMK' },
      ExtendedS3DestinationConfiguration: {
        BucketARN: {
          'Fn::Join': ['', ['arn:', ref('AWS::Partition'), ':s3:::', ref('CapturedBucket')]],
        },
        RoleARN: ref('CaptureRole'),
        CompressionFormat: 'GZIP',
        Prefix: afterRequests(
          `/service=${service}/dt=!{timestamp:yyyy-MM-dd}/hour=!{timestamp:HH}/`,
        ),
        ErrorOutputPrefix: afterRequests(
          `-errors/service=${service}/!{firehose:error-output-type}/dt=!{timestamp:yyyy-MM-dd}/`,
        ),
        BufferingHints: { IntervalInSeconds: 60, SizeInMBs: 16 },
        CloudWatchLoggingOptions: {
          Enabled: true,
          LogGroupName: ref('CaptureLogs'),
          LogStreamName: ref('CaptureLogStream'),
        },
      },
    },
  },
});
