import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

export interface FirewallProps {
  readonly prefix: string;
  /** The ARN of what it stands before. */
  readonly before: string;
}

/** Requests of one address in five minutes. */
const MOST = 100_000;

/**
 * Keeps away addresses of bad repute and floods from one address. Without rules that read
 * bodies: a prediction's is larger than they allow, and is checked by the model's signature.
 */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { prefix, before }: FirewallProps) {
    super(scope, id);
    const seenAs = (metricName: string) => ({
      cloudWatchMetricsEnabled: true,
      sampledRequestsEnabled: false,
      metricName: `${prefix}-${metricName}`,
    });
    const { attrArn } = new CfnWebACL(this, 'Acl', {
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: seenAs('firewall'),
      rules: [
        {
          name: 'floods',
          priority: 0,
          action: { block: {} },
          statement: { rateBasedStatement: { limit: MOST, aggregateKeyType: 'IP' } },
          visibilityConfig: seenAs('floods'),
        },
        {
          name: 'bad-repute',
          priority: 1,
          overrideAction: { none: {} },
          statement: {
            managedRuleGroupStatement: {
              vendorName: 'AWS',
              name: 'AWSManagedRulesAmazonIpReputationList',
            },
          },
          visibilityConfig: seenAs('bad-repute'),
        },
      ],
    });
    new CfnWebACLAssociation(this, 'Before', { webAclArn: attrArn, resourceArn: before });
  }
}
