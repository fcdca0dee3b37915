import middy from '@middy/core';
import type { APIGatewayAuthorizerResult, APIGatewayRequestAuthorizerEvent } from 'aws-lambda';
import { hostRecords } from '../adapters/aws/sagemaker-host/host-record';
import { clock } from '../adapters/primitives';
import { methodOf, servicePath } from '../api/inference/paths';
import type { ServiceCaller } from '../core/access/access-types';
import { serviceDirectory } from '../core/inference/service-directory';
import { serviceRecords } from '../core/services/service-records';
import { anyUsageKeyOf, usageKeyOf } from '../core/services/service-template-names';
import { isDomainError } from '../core/shared/domain-error';
import { contextOf, unknownContext } from './support/caller-context';
import { variable } from './support/environment';
import { headersOf } from './support/gateway-event';
import { observed, report } from './support/observability';
import { serviceCallers } from './support/service-callers';
import { openServingRecords } from './support/stores';

type Context = ReturnType<typeof contextOf> | ReturnType<typeof unknownContext>;

const records = openServingRecords();
const services = serviceRecords(records);
const callers = serviceCallers(records);
const hosts = hostRecords(records);
const stage = variable('STAGE');
/** Services that have a usage plan. */
const plans = new Set<string>();
/** No models: all that is asked for is whether a service wants keys, and whether it has a plan. */
const directory = serviceDirectory({
  findService: async (name) => {
    const [service, { record }] = await Promise.all([services.find(name), hosts.read(name)]);
    if (service && record.inForce) plans.add(name);
    else plans.delete(name);
    return service;
  },
  versionsOf: async () => [],
  findModel: async () => undefined,
  clock,
  oldestMs: 10_000,
});

/**
 * Who may call a service. A known key costs no read. What it answers is not remembered by API Gateway:
 * a revoked key is refused within seconds.
 */
export const handler = middy<APIGatewayRequestAuthorizerEvent, APIGatewayAuthorizerResult>()
  .use(observed())
  .handler(async (event) => {
    const { service: name = '', proxy = '' } = event.pathParameters ?? {};
    const path = servicePath(`/${proxy}`);
    const method = event.httpMethod === 'HEAD' ? 'GET' : event.httpMethod;
    const scope = path?.kind === 'labels' ? 'labels' : 'predict';
    const answered = (effect: 'Allow' | 'Deny', principalId: string, context: Context) => ({
      principalId,
      policyDocument: {
        Version: '2012-10-17',
        Statement: [{ Action: 'execute-api:Invoke', Effect: effect, Resource: event.methodArn }],
      },
      // The service's throttle is its usage plan's; where there is none yet, the platform's.
      usageIdentifierKey: plans.has(name) ? usageKeyOf(stage, name) : anyUsageKeyOf(stage),
      context,
    });
    const result = (effect: 'Allow' | 'Deny', caller: ServiceCaller) =>
      answered(effect, caller.requester, contextOf(caller));
    // What is no route is told to anybody, before credentials: the function behind answers 404 and 405.
    if (!path || methodOf(path) !== method) return result('Allow', NOBODY);
    try {
      const service = (await directory.find(name))?.service ?? null;
      return result('Allow', await callers.authenticate(headersOf(event), service, scope));
    } catch (error) {
      if (!isDomainError(error)) {
        report(error, event.requestContext.requestId);
        throw error;
      }
      // API Gateway knows this very text only: it answers 401 to it, and 500 to any other.
      if (error.kind === 'missing-credentials') throw new Error('Unauthorized');
      // The function behind says so to whoever it is, for API Gateway has but 500 for it.
      if (error.kind === 'unavailable') return answered('Allow', 'unknown', unknownContext(error));
      // To operators, who may know, the function behind says that there is no such service.
      if (error.kind === 'service-not-found') return result('Allow', NOBODY);
      return result('Deny', NOBODY);
    }
  });

/** Whoever it is, the function behind gets no further than to say what there is not. */
const NOBODY: ServiceCaller = { requester: 'anonymous', keyId: null, throttle: null };
