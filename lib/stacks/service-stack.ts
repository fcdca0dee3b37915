import { DefaultStackSynthesizer, Stack, type StackProps } from 'aws-cdk-lib';
import { CfnInclude } from 'aws-cdk-lib/cloudformation-include';
import type { Construct } from 'constructs';

export interface ServiceStackProps extends StackProps {
  /** The file that holds the service's template. */
  readonly template: string;
}

/**
 * A service of the manifest: the very template that the control plane would make of it, and nothing of
 * the CDK's, so that either can go on with the other's stack.
 */
export class ServiceStack extends Stack {
  constructor(scope: Construct, id: string, { template, ...props }: ServiceStackProps) {
    super(scope, id, {
      ...props,
      analyticsReporting: false,
      synthesizer: new DefaultStackSynthesizer({ generateBootstrapVersionRule: false }),
    });
    new CfnInclude(this, 'Service', { templateFile: template });
  }
}
