import { CustomResource, Duration, Stack, type StackProps } from 'aws-cdk-lib';
import { Asset } from 'aws-cdk-lib/aws-s3-assets';
import type { Construct } from 'constructs';
import { told } from '../platform-values';

/** A file on this machine, and what it is called in the bucket of packages. */
export interface ShippedFile {
  readonly file: string;
  readonly to: string;
}

export interface PackagesStackProps extends StackProps {
  /** The stage's name; its API stack must be there. */
  readonly stage: string;
  /** In the order in which they shall be there. */
  readonly files: readonly ShippedFile[];
}

/** As long as CloudFormation waits: services that run get their new models first, beside what runs. */
const LONGEST = Duration.hours(1);

/**
 * The manifest and its model packages. The CDK uploads files under names of its own; a function of the
 * platform gives them the names under which the platform looks for them. They outlive this stack.
 */
export class PackagesStack extends Stack {
  constructor(scope: Construct, id: string, { stage, files, ...props }: PackagesStackProps) {
    super(scope, id, { ...props, description: 'Tidegate: manifest and model packages' });
    const assets = files.map(({ file, to }, place) => {
      const { s3BucketName, s3ObjectKey } = new Asset(this, `File${place}`, { path: file });
      return { bucket: s3BucketName, copy: { Key: s3ObjectKey, To: to } };
    });
    new CustomResource(this, 'Packages', {
      resourceType: 'Custom::TidegatePackages',
      serviceToken: told(this, stage, 'packages-function'),
      serviceTimeout: LONGEST,
      properties: {
        From: assets[0]?.bucket ?? '',
        Copies: assets.map(({ copy }) => copy),
        // What is copied into another bucket is copied anew.
        To: told(this, stage, 'artifacts-bucket'),
      },
    });
  }
}
