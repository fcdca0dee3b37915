import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type {
  Instance,
  ModelHost,
  ServicePlan,
  VersionState,
} from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { serviceTemplate } from '../../../core/services/service-template';
import type { Digest } from '../../../core/services/service-template-names';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import { retryRaces } from '../../../core/shared/revisions';
import { applyStep } from './apply-step';
import { atMost } from './at-most';
import { endpointCalls } from './endpoint-views';
import { type GateNeeds, passGate } from './gate';
import { type FoundVersion, hostRecords, NOTHING, type SeenRecord } from './host-record';
import { invokeEndpoint } from './invoke-endpoint';
import { isChanging } from './next-stack-step';
import { servingHost } from './serving-host';
import { type StackNeeds, stackCalls } from './stack-calls';
import type { FindByDigest } from './stack-findings';

interface Needs extends StackNeeds {
  readonly cloudformation: CloudFormationClient;
  readonly s3: S3Client;
  readonly sagemaker: SageMakerClient;
  /** With `maxAttempts: 1`. */
  readonly runtime: SageMakerRuntimeClient;
  readonly records: RecordStore;
  readonly findModel: (name: string, version: number) => Promise<ModelVersion | undefined>;
  readonly findByDigest: FindByDigest;
  /** `keepFirstAnswers`: what came without expected answers must reproduce its first ones. */
  readonly checkAnswers: GateNeeds['checkAnswers'];
  readonly digest: Digest;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

/** A host whose services outlive the process, and that finds those which nobody wants any more. */
export interface SageMakerHost extends ModelHost {
  /** Every service that may have a stack: one whose record is gone is to be removed. */
  services(): Promise<readonly string[]>;

  /** Digest of the template that a service's stack has; null while there is none, or it is changing. */
  planInForce(service: string): Promise<string | null>;
}

/** A sweep looks at all services at once: so many asked AWS at a time stay below its limits. */
const MOST_STEPS = 4;

/**
 * Runs each service as a CloudFormation stack of SageMaker endpoints. `apply` takes one step towards
 * the plan and is to be said again, after events and every minute, until nothing is left to do. What
 * it found is kept in the records: reading it asks nothing of AWS.
 */
export const sagemakerHost = (needs: Needs): SageMakerHost => {
  const { sagemaker, runtime, records: store, stage, digest, checkAnswers } = needs;
  const records = hostRecords(store);
  const stacks = stackCalls(needs);
  const serving = servingHost(needs);
  const oneOfFew = atMost(MOST_STEPS);

  const step = (write: (seen: SeenRecord) => Promise<SeenRecord>) =>
    applyStep({
      templateOf: serviceTemplate({ stage, digest }),
      stacks,
      endpoints: endpointCalls(sagemaker),
      findByDigest: needs.findByDigest,
      passGate: passGate({ invoke: invokeEndpoint(runtime), checkAnswers }),
      write,
    });

  const versionsOf = async (service: string): Promise<readonly FoundVersion[]> =>
    (await records.read(service)).record.versions;

  const instancesOf = async (service: string): Promise<readonly Instance[]> =>
    (await versionsOf(service)).flatMap(instances);

  return {
    apply: (plan: ServicePlan) =>
      oneOfFew(() =>
        // Whoever was slower looks again, at what the other has begun.
        retryRaces(async (guarded) => {
          const { service } = plan;
          const before = await records.read(service);
          let written = JSON.stringify(before.record);
          const write = async ({ record, seen }: SeenRecord): Promise<SeenRecord> => {
            const text = JSON.stringify(record);
            if (text === written) return { record, seen };
            await guarded(records.write(service, { record, seen }));
            written = text;
            return { record, seen: seen + 1 };
          };
          await write(await step(write)(plan, before));
        }),
      ),

    remove: (service) =>
      oneOfFew(() =>
        retryRaces(async (guarded) => {
          const { seen } = await records.read(service);
          const stack = await stacks.describe(service);
          if (!stack) return guarded(records.remove(service, seen));
          // It stays until the stack is gone, so that a deletion that fails is not forgotten.
          await guarded(records.write(service, { record: NOTHING, seen }));
          if (!isChanging(stack)) await stacks.remove(service);
        }),
      ),

    services: records.services,

    async planInForce(service) {
      const stack = await stacks.describe(service);
      return stack && !isChanging(stack) ? stack.plan : null;
    },

    states: async (service): Promise<readonly VersionState[]> =>
      (await versionsOf(service)).map(({ serving: _, ...state }) => state),

    async invoke(invocation) {
      await serving.ready(invocation.service);
      return serving.invoke(invocation);
    },

    instances: instancesOf,

    async restart(service, instance) {
      const known = (await instancesOf(service)).some(({ id }) => id === instance);
      if (!known) throw new DomainError('not-found', 'this service has no such instance');
      const message =
        'SageMaker replaces instances by itself: to have all of a version replaced, stop and start it';
      throw new DomainError('bad-request', message);
    },

    // Nothing becomes of plans between two steps; whoever took one looks at the states.
    observe: () => undefined,

    // What runs belongs to the account, not to this process.
    close: async () => undefined,
  };
};

/** SageMaker counts instances and does not name them. */
const instances = ({ name, wanted, running }: FoundVersion): readonly Instance[] =>
  Array.from({ length: Math.max(wanted, running) }, (_, place) => ({
    id: `${name}-${place + 1}`,
    version: name,
    status: place < running ? 'running' : 'waiting',
    restarts: 0,
    started_at: null,
    cpu_percent: null,
    memory_bytes: null,
  }));
