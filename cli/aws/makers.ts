import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { type AwsOptions, clientConfig, sdk } from './sdk';
import { stageFunctions } from './stage';

/** What makes services' stacks, by the construct that makes it; all others only say what is wanted. */
const MAKERS = ['Reconcile'];

interface Maker {
  /** In AWS. */
  readonly name: string;
  /** Requests at once that the stage reserves for it; null for none in particular. */
  readonly reserved: number | null;
  /** How long a run of it may take. */
  readonly seconds: number;
}

/** Lambda's own, where a template says nothing. */
const DEFAULT_TIMEOUT_S = 3;

/** What makes the services of a stage: none where its API is not deployed. */
export const openMakers = async (
  cloudformation: CloudFormationClient,
  stage: string,
  options: AwsOptions,
) => {
  const { GetTemplateCommand } = await sdk(() => import('@aws-sdk/client-cloudformation'));
  const {
    DeleteFunctionConcurrencyCommand,
    GetFunctionConcurrencyCommand,
    LambdaClient,
    PutFunctionConcurrencyCommand,
  } = await sdk(() => import('@aws-sdk/client-lambda'));
  const lambda = new LambdaClient(clientConfig(options));

  const all = async (): Promise<readonly Maker[]> => {
    const command = new GetTemplateCommand({ StackName: `tidegate-${stage}-api` });
    const { TemplateBody = '{}' } = await cloudformation.send(command);
    const { Resources } = JSON.parse(TemplateBody) as Template;
    const functions = await stageFunctions(cloudformation, stage, MAKERS);
    return functions.map(({ id, name }) => {
      const {
        ReservedConcurrentExecutions: reserved = null,
        Timeout: seconds = DEFAULT_TIMEOUT_S,
      } = Resources?.[id]?.Properties ?? {};
      return { name, reserved, seconds };
    });
  };
  const limit = ({ name: FunctionName }: Maker, most: number) => {
    const asked = { FunctionName, ReservedConcurrentExecutions: most };
    return lambda.send(new PutFunctionConcurrencyCommand(asked));
  };

  return {
    /**
     * From now on none of them begins to run, until they are started or deployed anew.
     * @returns for how many seconds those may go on that run already
     */
    async stop(): Promise<number> {
      const makers = await all();
      for (const maker of makers) await limit(maker, 0);
      return Math.max(0, ...makers.map(({ seconds }) => seconds));
    },

    /** Gives them back what the stage's template says, whatever they had meanwhile. */
    async start(): Promise<void> {
      for (const maker of await all()) {
        const { name: FunctionName, reserved } = maker;
        if (reserved !== null) await limit(maker, reserved);
        else await lambda.send(new DeleteFunctionConcurrencyCommand({ FunctionName }));
      }
    },

    /** Whether one of them was stopped. */
    async areStopped(): Promise<boolean> {
      const limits = (await all()).map(async ({ name: FunctionName }) => {
        const { ReservedConcurrentExecutions: most } = await lambda.send(
          new GetFunctionConcurrencyCommand({ FunctionName }),
        );
        return most === 0;
      });
      return (await Promise.all(limits)).includes(true);
    },
  };
};

export type Makers = Awaited<ReturnType<typeof openMakers>>;

interface Template {
  readonly Resources?: Readonly<Record<string, { readonly Properties?: FunctionProperties }>>;
}

interface FunctionProperties {
  readonly ReservedConcurrentExecutions?: number;
  readonly Timeout?: number;
}
