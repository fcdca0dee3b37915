import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { instanceUsage } from '../../adapters/aws/sagemaker-host/instance-usage';
import { now } from '../../adapters/primitives';
import { patience } from './patience';

/** Reads what instances use. Of a file of its own the bundle takes what is used, of a whole package all. */
export const openUsageReader = () =>
  instanceUsage({ cloudwatch: new CloudWatchClient(patience(3_000, 2)), now });
