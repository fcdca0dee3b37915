import type { Throttle } from '../access/rate-limiter';
import { ref, type TemplateResources } from './service-template-shape';

/** What API Gateway enforces of a service's throttle: a plan, and the key that names the plan. */
export const edgeResources = (
  name: string,
  key: string,
  { rate, burst, quota }: Throttle,
): TemplateResources => ({
  UsagePlan: {
    Type: 'AWS::ApiGateway::UsagePlan',
    Properties: {
      UsagePlanName: name,
      ApiStages: [{ ApiId: ref('ApiId'), Stage: ref('ApiStage') }],
      Throttle: { RateLimit: rate, BurstLimit: burst },
      ...(quota && { Quota: { Limit: quota.limit, Period: quota.period.toUpperCase() } }),
    },
  },
  UsageKey: {
    Type: 'AWS::ApiGateway::ApiKey',
    Properties: { Name: name, Enabled: true, Value: key },
  },
  UsagePlanKey: {
    Type: 'AWS::ApiGateway::UsagePlanKey',
    Properties: { KeyId: ref('UsageKey'), KeyType: 'API_KEY', UsagePlanId: ref('UsagePlan') },
  },
});
