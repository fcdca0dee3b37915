import type { ServicePlan, VersionPlan } from '../inference/model-host';
import { alarmResources } from './service-template-alarms';
import { captureResources } from './service-template-capture';
import { edgeResources } from './service-template-edge';
import {
  countParameter,
  endpointResources,
  type PlacedVersion,
} from './service-template-endpoints';
import {
  type Digest,
  ownEndpointName,
  serviceResourceName,
  usageKeyOf,
} from './service-template-names';
import { type Json, type PlannedVersion, RUNNING, type Template } from './service-template-shape';

interface Needs {
  readonly stage: string;
  readonly digest: Digest;
}

/** A service's plan as a stack. */
export interface ServiceTemplate {
  readonly template: Template;
  /** Values that may change without the template: `Status`, `Count…`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Of everything but the parameters' values: the stack's output `Plan` once it is in force. */
  readonly digest: string;
  readonly versions: readonly PlannedVersion[];
}

/** The output that says which template is in force. */
export const PLAN_OUTPUT = 'Plan';
/** The metadata that says what is in it. */
export const PLAN_METADATA = 'tidegate:plan';
/** The parameter that holds a service back. */
export const STATUS_PARAMETER = 'Status';
/** Its value for a service that is held back. */
export const STOPPED = 'Stopped';

/**
 * The CloudFormation template of a service: the same JSON for the same plan, whoever makes it and
 * in whatever order its versions come. Versions that are stopped are not in it; the service as a
 * whole is held back by a parameter, which keeps what was deployed.
 */
export const serviceTemplate =
  ({ stage, digest }: Needs) =>
  ({ service, throttle, stopped, versions }: ServicePlan): ServiceTemplate => {
    const name = serviceResourceName(stage, service);
    const place = (version: VersionPlan): PlacedVersion => {
      const shared = 'instances' in version.compute && 'count' in version.compute.instances;
      const own = () => ownEndpointName(stage, service, version.name, digest);
      const planned = {
        ...plannedVersion(version, digest),
        endpoint: shared ? name : own(),
        shared,
      };
      return { version, planned };
    };
    const placed = versions
      .filter(({ started }) => started)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(place);
    const planned = placed.map((one) => one.planned);
    const counts = Object.fromEntries(placed.flatMap(({ version }) => countOf(version)));
    const parts = {
      Metadata: { [PLAN_METADATA]: { service, versions: planned.map(asJson) } },
      Conditions: { [RUNNING]: { 'Fn::Equals': [{ Ref: STATUS_PARAMETER }, RUNNING] } },
      Resources: {
        ...endpointResources(placed),
        ...captureResources(service, name),
        ...edgeResources(name, usageKeyOf(stage, service), throttle),
        ...alarmResources(service, name, planned),
      },
    };
    const made = digest(JSON.stringify(parts));
    const template: Template = {
      ...parts,
      Parameters: { ...platformParameters(stage), ...countParameters(counts) },
      Outputs: { [PLAN_OUTPUT]: { Value: made } },
    };
    const parameters = { [STATUS_PARAMETER]: stopped ? STOPPED : RUNNING, ...counts };
    return { template, parameters, digest: made, versions: planned };
  };

const plannedVersion = (
  { name, model, compute, environment = {} }: VersionPlan,
  digest: Digest,
): Pick<PlannedVersion, 'name' | 'model' | 'settings' | 'instanceType'> => {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  const where = 'instances' in compute ? compute.instances.type : 'serverless';
  return {
    name,
    model: { name: model.model, digest: model.digest },
    settings: digest(JSON.stringify([model.digest, where, variables])),
    instanceType: 'instances' in compute ? compute.instances.type : null,
  };
};

/** Without what is null: CloudFormation takes no null anywhere in a template. */
const asJson = ({ model, instanceType, ...planned }: PlannedVersion): Json => ({
  ...planned,
  ...(instanceType !== null && { instanceType }),
  model: { ...model },
});

/** As a parameter, because a count alone changes without the template. */
const countOf = ({ name, compute }: VersionPlan): (readonly [string, string])[] =>
  'instances' in compute && 'count' in compute.instances
    ? [[countParameter(name), `${compute.instances.count}`]]
    : [];

const countParameters = (counts: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [
      name,
      { Type: 'Number', MinValue: 1, Default: Number(count) },
    ]),
  );

/** The platform's own values, by SSM: service stacks hold no lock on what exports them. */
const platformParameters = (stage: string) => {
  const ssm = (name: string) => ({
    Type: 'AWS::SSM::Parameter::Value<String>',
    Default: `/tidegate/${stage}/${name}`,
  });
  return {
    [STATUS_PARAMETER]: { Type: 'String', AllowedValues: [RUNNING, STOPPED], Default: RUNNING },
    ApiId: ssm('api-id'),
    ApiStage: ssm('api-stage'),
    CapturedBucket: ssm('captured-bucket'),
    ArtifactsBucket: ssm('artifacts-bucket'),
    ExecutionRole: ssm('execution-role'),
    CaptureRole: ssm('capture-role'),
    ServerImage: ssm('model-server-image'),
    AlarmTopic: ssm('alarm-topic'),
  };
};
