import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { TreatMissingData } from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { platformText } from '../../core/services/service-template-platform';
import { prefixOf, type StageConfig } from '../config';
import { AlarmTopic, tellsAlarm } from '../constructs/alarm-topic';
import { Firewall } from '../constructs/firewall';
import { functionNetwork } from '../constructs/function-network';
import { modelNetwork } from '../constructs/model-network';
import { gpuServerImage, modelServerImage } from '../constructs/model-server-image';
import { capturedVariables, platformData } from '../constructs/platform-data';
import { PlatformFunction } from '../constructs/platform-function';
import { platformRights, readsNotes, runsFunction } from '../constructs/platform-rights';
import { Reconciliation } from '../constructs/reconciliation';
import type { Right } from '../constructs/right';
import { ServiceRoles } from '../constructs/service-roles';
import { ServingApi } from '../constructs/serving-api';
import type { FunctionName, TablesFunctionName } from '../functions';
import { imageRegistries } from '../image-registries';
import { tell } from '../platform-values';
import { tablesNames } from '../tables-names';

export interface ApiStackProps extends StackProps {
  /** The stage's name; its data stack must be there. */
  readonly stage: string;
  readonly config: StageConfig;
}

/** Server errors within five minutes that somebody should look at. */
const MANY_ERRORS = 5;

/** The platform: its API and functions, and what services' stacks are made with. It holds no data. */
export class ApiStack extends Stack {
  /** Whether ONNX models may run on GPUs. */
  readonly hasGpuImage: boolean;

  constructor(scope: Construct, id: string, { stage, config, ...props }: ApiStackProps) {
    super(scope, id, {
      ...props,
      // With it goes the API's address, which callers know.
      terminationProtection: config.removal === RemovalPolicy.RETAIN,
      description: 'Tidegate: API, functions, roles of services',
    });
    const prefix = prefixOf(stage);
    const data = platformData(this, { stage, config });
    const names = tablesNames(this, { stage, config });
    const network = functionNetwork(this, config);
    const models = modelNetwork(this, network, config);
    const roles = new ServiceRoles(this, 'Roles', { stage, prefix, config, data, models });
    const alarms = new AlarmTopic(this, 'Alarms', { email: config.alarmEmail });

    const serviceRole = roles.service.roleArn;
    const rights = platformRights({
      ...{ stack: this, stage, prefix, data, names, serviceRole },
      modelBuckets: config.modelBuckets,
    });
    const gpuImage = gpuServerImage(this, config.gpu);
    this.hasGpuImage = gpuImage !== undefined;
    const environment = {
      STAGE: stage,
      RECORDS_TABLE: data.table,
      ARTIFACTS_BUCKET: data.artifacts,
      TEMPLATES_BUCKET: data.artifacts,
      CAPTURED_BUCKET: data.captured,
      ...capturedVariables(data),
      SECRETS_PREFIX: `${prefix}/`,
      ALLOWED_INSTANCE_TYPES: config.allowedInstanceTypes.join(','),
      ...(config.baseUrl !== null && { BASE_URL: config.baseUrl }),
    };
    const outside = config.privateRegistries.length > 0 && {
      PRIVATE_REGISTRIES: JSON.stringify(config.privateRegistries),
    };
    const reading = {
      ...{ ...environment, ...outside },
      IMAGE_REGISTRIES: imageRegistries(this.account, this.region, config).join(','),
    };
    const start = (
      id: string,
      name: Exclude<FunctionName, TablesFunctionName>,
      variables: Readonly<Record<string, string>> = environment,
      more: readonly Right[] = [],
    ) =>
      new PlatformFunction(this, id, {
        ...{ name, config, network, environment: variables, rights: [...rights[name], ...more] },
      });

    const predict = start('Predict', 'predict');
    const notes = predict.logGroup;
    const control = {
      ...environment,
      PREDICT_LOG_GROUP: notes.logGroupName,
      TABLES_MACHINE: names.machineArn,
      ...(gpuImage !== undefined && { GPU_IMAGE: gpuImage }),
    };
    const image = modelServerImage(this);
    const followed = tell(this, stage, {
      'execution-role': roles.execution.roleArn,
      'capture-role': roles.capture.roleArn,
      'model-server-image': image,
      ...(gpuImage !== undefined && { 'model-server-image-gpu': gpuImage }),
      ...(models && {
        'model-subnets': models.subnetIds.join(),
        'model-security-group': models.securityGroupId,
      }),
      'alarm-topic': alarms.topic.topicArn,
    });
    const PLATFORM = platformText({
      ServerImage: image,
      ...(gpuImage !== undefined && { ServerImageGpu: gpuImage }),
      ...(models && {
        ModelSubnets: models.subnetIds.join(),
        ModelSecurityGroup: models.securityGroupId,
      }),
      ExecutionRole: roles.execution.roleArn,
      CaptureRole: roles.capture.roleArn,
      ArtifactsBucket: data.artifacts,
      CapturedBucket: data.captured,
      CapturedRequests: `${data.capturedPrefix}requests`,
      AlarmTopic: alarms.topic.topicArn,
    });
    const running = { ...control, ...outside, SERVICE_ROLE_ARN: serviceRole, PLATFORM };
    const reconcile = start('Reconcile', 'reconcile', running).live;
    // When it looks for what has changed, services' stacks must be able to find it.
    reconcile.node.addDependency(...followed);
    const changing = { ...control, RECONCILE_FUNCTION: reconcile.functionArn };
    const tells = runsFunction(reconcile.functionArn);
    const intake = start('Intake', 'intake', reading).live;
    const registering = { ...environment, INTAKE_FUNCTION: intake.functionArn };
    const takesIn = runsFunction(intake.functionArn);
    const asking = {
      ...environment,
      DATABASE: names.database,
      QUERIES_WORKGROUP: names.queries,
      TABLES_MACHINE: names.machineArn,
    };
    const { api, stageName } = new ServingApi(this, 'Serving', {
      ...{ prefix, stage, config },
      functions: {
        authorizer: start('Authorizer', 'authorizer').live,
        predict: predict.live,
        about: start('About', 'about').live,
        access: start('Access', 'access').live,
        models: start('Models', 'models', registering, [takesIn]).live,
        services: start('Services', 'services', changing, [readsNotes(notes.logGroupArn), tells])
          .live,
        tables: start('Tables', 'tables', asking).live,
      },
    });
    const telling = { ...environment, RECONCILE_FUNCTION: reconcile.functionArn };
    const packages = start('Packages', 'packages', telling, [tells]).live;
    const { failed } = new Reconciliation(this, 'Reconciliation', { prefix, reconcile });
    if (config.firewall) {
      new Firewall(this, 'Firewall', { prefix, before: api.deploymentStage.stageArn });
    }

    tellsAlarm(alarms.topic, failed);
    tellsAlarm(
      alarms.topic,
      api
        .metricServerError({ period: Duration.minutes(5), statistic: 'sum' })
        .createAlarm(this, 'ServerErrors', {
          alarmDescription: 'The API fails: docs/runbook.md#api-server-errors',
          threshold: MANY_ERRORS,
          evaluationPeriods: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        }),
    );

    tellsAlarm(
      alarms.topic,
      predict.live
        .metricErrors({ period: Duration.minutes(5), statistic: 'sum' })
        .createAlarm(this, 'PredictDied', {
          alarmDescription:
            'The function that predicts has died: what it had answered may be in no table: docs/runbook.md#capture-incomplete',
          threshold: 1,
          evaluationPeriods: 1,
          treatMissingData: TreatMissingData.NOT_BREACHING,
        }),
    );

    tell(this, stage, {
      'api-id': api.restApiId,
      'api-stage': stageName,
      'packages-function': packages.functionArn,
    });
    new CfnOutput(this, 'RestApiId', { value: api.restApiId });
    new CfnOutput(this, 'Url', { value: config.baseUrl ?? api.url });
    new CfnOutput(this, 'RecordsTable', { value: data.table });
  }
}
