// The stub of SageMaker as a process: PORT, AWS_ENDPOINT_URL, CONTAINER_COMMAND (a JSON array), IMAGE_COMMANDS (JSON, arrays by image), PING_WITHIN_MS, SETTLE_MS.
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { S3Client } from '@aws-sdk/client-s3';
import { startSageMakerStub } from './sagemaker-stub';

const variable = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
};

const region = variable('AWS_REGION');
const options = {
  region,
  endpoint: variable('AWS_ENDPOINT_URL'),
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};
const stub = await startSageMakerStub({
  port: Number(variable('PORT')),
  account: variable('AWS_ACCOUNT'),
  region,
  s3: new S3Client(options),
  logs: new CloudWatchLogsClient(options),
  command: JSON.parse(variable('CONTAINER_COMMAND')),
  images: JSON.parse(variable('IMAGE_COMMANDS')),
  pingWithinMs: Number(variable('PING_WITHIN_MS')),
  settleMs: Number(variable('SETTLE_MS')),
  log: (line) => process.stdout.write(`${line}\n`),
});
process.once('SIGTERM', () => void stub.stop().then(() => process.exit(0)));
process.stdout.write('sagemaker-stub: ready\n');
