import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib';
import {
  AccessLogField,
  AccessLogFormat,
  ApiKey,
  ApiKeySourceType,
  AuthorizationType,
  CfnAccount,
  type CfnRestApi,
  EndpointType,
  LambdaIntegration,
  LogGroupLogDestination,
  MethodLoggingLevel,
  RequestAuthorizer,
  type Resource,
  ResponseTransferMode,
  RestApi,
  SecurityPolicy,
} from 'aws-cdk-lib/aws-apigateway';
import { ManagedPolicy, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IFunction } from 'aws-cdk-lib/aws-lambda';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import { type Route, routes } from '../../api/routes';
import { anyUsageKeyOf } from '../../core/services/service-template-names';
import type { StageConfig } from '../config';
import { type FunctionName, functionOf, type TablesFunctionName } from '../functions';
import { addGatewayResponses } from './gateway-responses';

export interface ServingApiProps {
  /** `tidegate-<stage>`. */
  readonly prefix: string;
  readonly stage: string;
  readonly config: StageConfig;
  readonly functions: Readonly<
    Record<
      Exclude<FunctionName, TablesFunctionName | 'intake' | 'packages' | 'reconcile'>,
      IFunction
    >
  >;
}

/** The wire's version: what stands before every path where API Gateway's own address is used. */
const API_STAGE = 'v1';
const INTEGRATION_TIMEOUT = Duration.seconds(29);

/**
 * The platform's REST API: predictions behind the authorizer and each service's usage plan, and the
 * control API, whose functions know operators themselves.
 */
export class ServingApi extends Construct {
  readonly api: RestApi;
  readonly stageName = API_STAGE;

  constructor(scope: Construct, id: string, { prefix, stage, config, functions }: ServingApiProps) {
    super(scope, id);
    this.api = this.restApi(prefix, config);
    addGatewayResponses(this.api);
    this.routeControl(functions);
    this.routePredictions(functions);
    this.planForAny(prefix, stage, config);
    if (!config.firewall) {
      Validations.of(this).acknowledge({
        id: 'AwsSolutions::AwsSolutions-APIG3',
        reason:
          'The stage says that it needs no firewall: throttles and credentials guard the API.',
      });
    }
    Validations.of(this).acknowledge(
      {
        id: 'AwsSolutions::AwsSolutions-APIG2',
        reason:
          'A body is checked against the signature of the version that it reaches, and all else by the schemas that make the OpenAPI document: in functions, which say what is wrong in each field.',
      },
      {
        id: 'AwsSolutions::AwsSolutions-APIG4',
        reason:
          'Operators are authenticated by the functions: the order of checks and the problems are the same in both homes. Preflight requests carry no credential.',
      },
      {
        id: 'AwsSolutions::AwsSolutions-COG4',
        reason: 'Callers are programs with keys of a service; there are no users to sign in.',
      },
    );
  }

  private restApi(prefix: string, config: StageConfig): RestApi {
    const accessLogs = new LogGroup(this, 'AccessLog', {
      retention: config.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const api = new RestApi(this, 'Api', {
      restApiName: prefix,
      description: 'Tidegate: predictions and control',
      apiKeySourceType: ApiKeySourceType.AUTHORIZER,
      binaryMediaTypes: ['*/*'],
      endpointTypes: [EndpointType.REGIONAL],
      cloudWatchRole: false,
      deployOptions: {
        stageName: API_STAGE,
        tracingEnabled: config.tracing,
        throttlingRateLimit: config.throttle.rate,
        throttlingBurstLimit: config.throttle.burst,
        // Why API Gateway failed; never what was sent.
        loggingLevel: MethodLoggingLevel.ERROR,
        dataTraceEnabled: false,
        accessLogDestination: new LogGroupLogDestination(accessLogs),
        accessLogFormat: AccessLogFormat.custom(
          JSON.stringify({ ...ACCESS_LOG, ...(config.tracing && TRACED) }),
        ),
      },
    });
    const resource = api.node.defaultChild as CfnRestApi;
    resource.securityPolicy = SecurityPolicy.TLS13_1_2_PFS_PQ_2025_09;
    resource.endpointAccessMode = 'BASIC';
    // Otherwise API Gateway makes it by itself, and keeps it for ever.
    const executionLogs = new LogGroup(this, 'ExecutionLog', {
      logGroupName: `API-Gateway-Execution-Logs_${api.restApiId}/${API_STAGE}`,
      retention: config.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    api.deploymentStage.node.addDependency(executionLogs);
    if (config.apiGatewayAccount) api.deploymentStage.node.addDependency(this.account());
    return api;
  }

  /** Lets API Gateway write logs, in this account and Region. */
  private account(): CfnAccount {
    const role = new Role(this, 'LogRole', {
      assumedBy: new ServicePrincipal('apigateway.amazonaws.com'),
      managedPolicies: [
        ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonAPIGatewayPushToCloudWatchLogs'),
      ],
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions::AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonAPIGatewayPushToCloudWatchLogs]',
      reason: 'One role for all APIs of the account: AWS says which rights API Gateway needs.',
    });
    // The account's setting outlives this stack, and other APIs of the account log with it.
    role.applyRemovalPolicy(RemovalPolicy.RETAIN);
    return new CfnAccount(this, 'Account', { cloudWatchRoleArn: role.roleArn });
  }

  /** Each path has one method, ANY: what a path does not take is answered by its function, with 405. */
  private routeControl(functions: ServingApiProps['functions']): void {
    const integrationOf = (name: keyof typeof functions) =>
      new LambdaIntegration(functions[name], {
        timeout: INTEGRATION_TIMEOUT,
        // One permission for the API: the policy of a function holds about twenty.
        scopePermissionToMethod: false,
      });
    const paths = Map.groupBy(Object.values<Route>(routes), ({ path }) => path);
    for (const [path, [first]] of paths) {
      if (!first) continue;
      this.api.root
        .resourceForPath(path)
        .addMethod(
          'ANY',
          integrationOf(functionOf[first.capability]),
          first.signed ? { authorizationType: AuthorizationType.IAM } : {},
        );
    }
    const about = integrationOf('about');
    this.api.root.addMethod('ANY', about);
    this.api.root.addResource('{proxy+}').addMethod('ANY', about);
  }

  private routePredictions(functions: ServingApiProps['functions']): void {
    const predict = new LambdaIntegration(functions.predict, {
      timeout: INTEGRATION_TIMEOUT,
      // The answer is sent as it is made, and the request is captured after it.
      responseTransferMode: ResponseTransferMode.STREAM,
      scopePermissionToMethod: false,
    });
    const authorizer = new RequestAuthorizer(this, 'Authorizer', {
      handler: functions.authorizer,
      // Either of two headers may carry the credential, and a service may need none.
      identitySources: [],
      resultsCacheTtl: Duration.seconds(0),
    });
    const paths: Resource = this.api.root.resourceForPath('/services/{service}/{proxy+}');
    paths.addMethod('ANY', predict, { authorizer, apiKeyRequired: true });
    paths.addMethod('OPTIONS', predict);
  }

  /** Who is let in where there is no service yet still has a throttle. */
  private planForAny(prefix: string, stage: string, { throttle }: StageConfig): void {
    const key = new ApiKey(this, 'AnyKey', {
      apiKeyName: `${prefix}-any`,
      value: anyUsageKeyOf(stage),
      description: 'Opens nothing and is no secret: the authorizer names a usage plan by it',
    });
    const plan = this.api.addUsagePlan('AnyPlan', {
      name: `${prefix}-any`,
      throttle: { rateLimit: throttle.rate, burstLimit: throttle.burst },
      apiStages: [{ stage: this.api.deploymentStage }],
    });
    plan.addApiKey(key);
  }
}

/** Nothing that a caller may write as he likes: API Gateway escapes no quotes. */
const ACCESS_LOG = {
  time: AccessLogField.contextRequestTimeEpoch(),
  request_id: AccessLogField.contextRequestId(),
  method: AccessLogField.contextHttpMethod(),
  resource: AccessLogField.contextResourcePath(),
  status: AccessLogField.contextStatus(),
  bytes: AccessLogField.contextResponseLength(),
  ms: AccessLogField.contextResponseLatency(),
  integration_ms: AccessLogField.contextIntegrationLatency(),
  ip: AccessLogField.contextIdentitySourceIp(),
  requester: AccessLogField.contextAuthorizer('requester'),
  error: AccessLogField.contextErrorResponseType(),
};
/** Functions write the same id beside ours in each of their lines, as `xray_trace_id`. */
const TRACED = { trace_id: AccessLogField.contextXrayTraceId() };
