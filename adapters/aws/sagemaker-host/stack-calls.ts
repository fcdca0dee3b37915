import {
  type CloudFormationClient,
  ContinueUpdateRollbackCommand,
  CreateStackCommand,
  DeleteStackCommand,
  DescribeStacksCommand,
  GetTemplateCommand,
  type Stack,
  UpdateStackCommand,
} from '@aws-sdk/client-cloudformation';
import { PutObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import {
  PLAN_METADATA,
  PLAN_OUTPUT,
  type ServiceTemplate,
  STATUS_PARAMETER,
  STOPPED,
} from '../../../core/services/service-template';
import { serviceStackName } from '../../../core/services/service-template-names';
import { PLATFORM_OUTPUT } from '../../../core/services/service-template-platform';
import type { PlannedVersion, Template } from '../../../core/services/service-template-shape';
import { isNamed } from './error-name';
import type { StackView } from './next-stack-step';
import { failureOf } from './stack-failure';

export interface StackNeeds {
  readonly cloudformation: CloudFormationClient;
  readonly s3: S3Client;
  readonly stage: string;
  /** CloudFormation makes what is in the stacks with this role's rights, whoever asks. */
  readonly serviceRole: string;
  /** Where templates go that are too long to send. */
  readonly templatesBucket: string;
}

/** Of a template within a call, in bytes. */
const LONGEST_INLINE = 51_200;

/** What is asked of CloudFormation, by the name of a service. */
export const stackCalls = (needs: StackNeeds) => {
  const { cloudformation, s3, stage, serviceRole: RoleARN, templatesBucket } = needs;
  const named = (service: string) => ({ StackName: serviceStackName(stage, service) });

  const templateOf = async (made: ServiceTemplate) => {
    const body = new TextEncoder().encode(JSON.stringify(made.template));
    if (body.byteLength <= LONGEST_INLINE) return { TemplateBody: JSON.stringify(made.template) };
    const Key = `templates/${made.digest}.json`;
    await s3.send(new PutObjectCommand({ Bucket: templatesBucket, Key, Body: body }));
    const region = await s3.config.region();
    return { TemplateURL: `https://${templatesBucket}.s3.${region}.amazonaws.com/${Key}` };
  };

  const asked = async (made: ServiceTemplate) => ({
    ...(await templateOf(made)),
    RoleARN,
    Parameters: [
      ...Object.entries(made.parameters).map(([ParameterKey, ParameterValue]) => ({
        ParameterKey,
        ParameterValue,
      })),
      ...made.previous.map((ParameterKey) => ({ ParameterKey, UsePreviousValue: true })),
    ],
  });

  /** As it was sent. */
  const template = async (service: string): Promise<Template> => {
    const command = new GetTemplateCommand({ ...named(service), TemplateStage: 'Original' });
    const { TemplateBody = '{}' } = await cloudformation.send(command);
    const found = JSON.parse(TemplateBody) as Partial<Template>;
    return { ...NO_TEMPLATE, ...found };
  };

  return {
    /** Null when there is no such stack. */
    async describe(service: string): Promise<StackView | null> {
      try {
        const command = new DescribeStacksCommand(named(service));
        const { Stacks: [stack] = [] } = await cloudformation.send(command);
        return stack ? viewOf(stack) : null;
      } catch (error) {
        // A name that CloudFormation does not know: any other fault has a name of its own.
        if (isNamed(error, 'ValidationError')) return null;
        throw error;
      }
    },

    async create(service: string, made: ServiceTemplate): Promise<void> {
      await cloudformation.send(
        new CreateStackCommand({ ...named(service), ...(await asked(made)) }),
      );
    },

    // By its id from here on: one that was made anew under the same name is another.
    async update({ id }: StackView, made: ServiceTemplate): Promise<void> {
      await cloudformation.send(new UpdateStackCommand({ StackName: id, ...(await asked(made)) }));
    },

    /** Holds a service back, and leaves all else as it is. */
    async stop({ id, parameters }: StackView): Promise<void> {
      const command = new UpdateStackCommand({
        StackName: id,
        RoleARN,
        UsePreviousTemplate: true,
        Parameters: parameters.map((ParameterKey) =>
          ParameterKey === STATUS_PARAMETER
            ? { ParameterKey, ParameterValue: STOPPED }
            : { ParameterKey, UsePreviousValue: true },
        ),
      });
      await cloudformation.send(command);
    },

    async remove({ id }: StackView): Promise<void> {
      await cloudformation.send(new DeleteStackCommand({ StackName: id, RoleARN }));
    },

    async continueRollback({ id }: StackView): Promise<void> {
      const command = new ContinueUpdateRollbackCommand({ StackName: id, RoleARN });
      await cloudformation.send(command);
    },

    template,

    /** What the template says of its versions, for one that another deployed. */
    async versionsOf(service: string): Promise<readonly PlannedVersion[]> {
      const { Metadata } = await template(service);
      const plan = Metadata[PLAN_METADATA] as { readonly versions?: Said } | undefined;
      return (plan?.versions ?? []).map((version) => ({ instanceType: null, ...version }));
    },

    /** Why the last change of a stack failed, in CloudFormation's words. */
    failureOf: (stack: StackView): Promise<string> => failureOf(cloudformation, stack.id),
  };
};

const NO_TEMPLATE: Template = {
  ...{ Metadata: {}, Parameters: {}, Conditions: {}, Resources: {}, Outputs: {} },
};

type Said = readonly (Omit<PlannedVersion, 'instanceType'> & Partial<PlannedVersion>)[];

export type StackCalls = ReturnType<typeof stackCalls>;

const viewOf = (stack: Stack): StackView => {
  const { Parameters = [], Outputs = [] } = stack;
  const status = Parameters.find(({ ParameterKey }) => ParameterKey === STATUS_PARAMETER);
  const output = (name: string): string | null =>
    Outputs.find(({ OutputKey }) => OutputKey === name)?.OutputValue ?? null;
  return {
    id: stack.StackId ?? '',
    status: stack.StackStatus ?? '',
    changedAt: (stack.LastUpdatedTime ?? stack.CreationTime)?.toISOString() ?? '',
    plan: output(PLAN_OUTPUT),
    platform: output(PLATFORM_OUTPUT) ?? '',
    stopped: status?.ParameterValue === STOPPED,
    parameters: Parameters.flatMap(({ ParameterKey }) => ParameterKey ?? []),
  };
};
