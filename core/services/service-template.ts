import type { ServicePlan, VersionPlan } from '../inference/model-host';
import type { PrivateRegistry } from '../models/container';
import { alarmResources } from './service-template-alarms';
import { captureResources } from './service-template-capture';
import { templateDigest } from './service-template-digest';
import { edgeResources } from './service-template-edge';
import {
  countParameter,
  endpointResources,
  type PlacedVersion,
} from './service-template-endpoints';
import { saidEnvironment } from './service-template-environment';
import {
  GPU_IMAGE,
  MODEL_GROUP,
  MODEL_SUBNETS,
  needsNetwork,
  SERVER_IMAGE,
} from './service-template-image';
import { needsGpuImage } from './service-template-instances';
import {
  type Digest,
  endpointName,
  generationOf,
  serviceResourceName,
  usageKeyOf,
} from './service-template-names';
import { OPTIONAL, type OptionalParameter, platformOutput } from './service-template-platform';
import { type Json, type PlannedVersion, RUNNING, type Template } from './service-template-shape';

interface Needs {
  readonly stage: string;
  readonly digest: Digest;
  /** The stage's registries outside ECR. */
  readonly registries: readonly PrivateRegistry[];
}

/** A service's plan as a stack. */
export interface ServiceTemplate {
  readonly template: Template;
  /** Values that may change without the template: `Status`, `Count…`. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Parameters that stay as they are in the stack. */
  readonly previous: readonly string[];
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
  ({ stage, digest, registries }: Needs) =>
  ({ service, throttle, stopped, versions }: ServicePlan): ServiceTemplate => {
    const name = serviceResourceName(stage, service);
    const place = (version: VersionPlan): PlacedVersion => {
      const endpoint = endpointName(stage, service, generation(version, digest));
      return { version, planned: { ...plannedVersion(version), endpoint } };
    };
    const placed = versions
      .filter(({ started }) => started)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
      .map(place);
    const planned = placed.map((one) => one.planned);
    const counts = Object.fromEntries(placed.flatMap(countOf));
    const parts = {
      Metadata: { [PLAN_METADATA]: { service, versions: planned.map(asJson) } },
      Conditions: { [RUNNING]: { 'Fn::Equals': [{ Ref: STATUS_PARAMETER }, RUNNING] } },
      Resources: {
        ...endpointResources(placed, registries),
        ...captureResources(service, name),
        ...edgeResources(name, usageKeyOf(stage, service), throttle),
        ...alarmResources(service, name, planned),
      },
    };
    const made = templateDigest(digest, parts);
    const optional = optionalParameters(placed);
    const template: Template = {
      ...parts,
      Parameters: { ...platformParameters(stage, optional), ...countParameters(counts) },
      Outputs: { [PLAN_OUTPUT]: { Value: made }, ...platformOutput(optional) },
    };
    const parameters = { [STATUS_PARAMETER]: stopped ? STOPPED : RUNNING, ...counts };
    return { template, parameters, previous: [], digest: made, versions: planned };
  };

const plannedVersion = ({
  name,
  model,
  compute,
}: VersionPlan): Pick<PlannedVersion, 'name' | 'model' | 'instanceType'> => ({
  name,
  model: { name: model.model, digest: model.digest },
  instanceType: 'instances' in compute ? compute.instances.type : null,
});

/** What is tried anew when it changes: another model, environment or kind of instance. */
const generation = (version: VersionPlan, digest: Digest): string => {
  const { name, model, compute } = version;
  const where = 'instances' in compute ? compute.instances.type : 'serverless';
  const settings = [model.model, model.digest, where, saidEnvironment(version)];
  return generationOf(name, JSON.stringify(settings), digest);
};

/** Without what is null: CloudFormation takes no null anywhere in a template. */
const asJson = ({ model, instanceType, ...planned }: PlannedVersion): Json => ({
  ...planned,
  ...(instanceType !== null && { instanceType }),
  model: { ...model },
});

/** As a parameter, because a count alone changes without the template. */
const countOf = ({
  version: { compute },
  planned,
}: PlacedVersion): (readonly [string, string])[] =>
  'instances' in compute && 'count' in compute.instances
    ? [[countParameter(planned), `${compute.instances.count}`]]
    : [];

const countParameters = (counts: Readonly<Record<string, string>>) =>
  Object.fromEntries(
    Object.entries(counts).map(([name, count]) => [
      name,
      { Type: 'Number', MinValue: 1, Default: Number(count) },
    ]),
  );

/** Those that a stage need not have, and these versions do. */
const optionalParameters = (placed: readonly PlacedVersion[]): readonly OptionalParameter[] => {
  const onGpu = placed.some(({ version }) => needsGpuImage(version));
  const inNetwork = placed.some(({ version }) => needsNetwork(version));
  const network = [MODEL_SUBNETS, MODEL_GROUP] as const;
  return [...(onGpu ? ([GPU_IMAGE] as const) : []), ...(inNetwork ? network : [])];
};

/** The platform's own values, by SSM: service stacks hold no lock on what exports them. */
const platformParameters = (stage: string, optional: readonly OptionalParameter[]) => {
  const ssm = (name: string) => ({
    Type: 'AWS::SSM::Parameter::Value<String>',
    Default: `/tidegate/${stage}/${name}`,
  });
  return {
    [STATUS_PARAMETER]: { Type: 'String', AllowedValues: [RUNNING, STOPPED], Default: RUNNING },
    ApiId: ssm('api-id'),
    ApiStage: ssm('api-stage'),
    CapturedBucket: ssm('captured-bucket'),
    CapturedRequests: ssm('captured-requests'),
    ArtifactsBucket: ssm('artifacts-bucket'),
    ExecutionRole: ssm('execution-role'),
    CaptureRole: ssm('capture-role'),
    [SERVER_IMAGE]: ssm('model-server-image'),
    ...Object.fromEntries(optional.map((name) => [name, ssm(OPTIONAL[name])])),
    AlarmTopic: ssm('alarm-topic'),
  };
};
