import { CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { Construct } from 'constructs';
import type { PlatformData } from './platform-data';

export interface AthenaWorkgroupProps {
  readonly name: string;
  readonly description: string;
  /** Bytes that a statement may read before it is stopped. */
  readonly scanLimit: number;
  /** Where in the bucket of results its own are. */
  readonly folder: string;
  readonly data: PlatformData;
}

/** Where statements are run: with a limit to what each reads, and one place for what it comes to. */
export class AthenaWorkgroup extends Construct {
  constructor(scope: Construct, id: string, props: AthenaWorkgroupProps) {
    super(scope, id);
    const { name, description, scanLimit, folder, data } = props;
    new CfnWorkGroup(this, 'Workgroup', {
      ...{ name, description, state: 'ENABLED' },
      // With the history of its statements: otherwise it could not be removed.
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Nobody who runs a statement in it may choose another place or limit.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimit,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${data.results}/${folder}/`,
          encryptionConfiguration:
            data.key === null
              ? { encryptionOption: 'SSE_S3' }
              : { encryptionOption: 'SSE_KMS', kmsKey: data.key },
        },
      },
    });
  }
}
