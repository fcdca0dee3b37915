import type { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SageMakerClient } from '@aws-sdk/client-sagemaker';
import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { ModelHost, ServicePlan } from '../../../core/inference/model-host';
import type { PrivateRegistry } from '../../../core/models/container';
import type { ModelVersion } from '../../../core/models/model-version';
import { serviceTemplate } from '../../../core/services/service-template';
import { templateBeside } from '../../../core/services/service-template-beside';
import type { Digest } from '../../../core/services/service-template-names';
import type { RecordStore } from '../../../core/shared/record-store';
import { retryRaces } from '../../../core/shared/revisions';
import { applyStep } from './apply-step';
import { atMost } from './at-most';
import { endpointCalls } from './endpoint-views';
import { type GateNeeds, passGate } from './gate';
import { type FoundVersion, hostRecords, NOTHING, type SeenRecord } from './host-record';
import { hostViews } from './host-views';
import { invokeEndpoint } from './invoke-endpoint';
import { isChanging } from './next-stack-step';
import { platformMoves } from './platform-moves';
import { servingHost } from './serving-host';
import { type StackNeeds, stackCalls } from './stack-calls';
import type { FindByDigest } from './stack-findings';
import { whyNot } from './why-not';

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
  /** The stage's registries outside ECR. */
  readonly registries: readonly PrivateRegistry[];
  /** The platform's values as the stage has them now, in one text. */
  readonly platform: string;
  readonly now: () => Date;
  /** How long who has not heard of a change may still ask an endpoint that is left; 45 s by default. */
  readonly drainMs?: number;
}

/** A host whose services outlive the process, and that finds those which nobody wants any more. */
export interface SageMakerHost extends ModelHost {
  /** Every service that may have a stack: one whose record is gone is to be removed. */
  services(): Promise<readonly string[]>;

  /** Digest of the template that a service's stack has; null while there is none, or it is changing. */
  planInForce(service: string): Promise<string | null>;

  /** What has become of the plan that was applied last. */
  outcome(service: string): Promise<Outcome>;
}

/** `none` has no stack. */
export type Outcome = 'none' | 'under-way' | 'in-force' | { readonly refusal: string };

/** A sweep looks at all services at once: so many asked AWS at a time stay below its limits. */
const MOST_STEPS = 4;
/** Who has not heard of a change asks for 15 s at most, and the edge waits for 29 s. */
const DRAIN_MS = 45_000;

/**
 * Runs each service as a CloudFormation stack of SageMaker endpoints. `apply` takes one step towards
 * the plan and is to be said again, after events and every minute, until nothing is left to do. What
 * it found is kept in the records: reading it asks nothing of AWS.
 */
export const sagemakerHost = (needs: Needs): SageMakerHost => {
  const { sagemaker, runtime, records: store, stage, digest, checkAnswers, now, platform } = needs;
  const { drainMs = DRAIN_MS, registries } = needs;
  const records = hostRecords(store);
  const stacks = stackCalls(needs);
  const serving = servingHost(needs);
  const moves = platformMoves(store);
  const oneOfFew = atMost(MOST_STEPS);

  const step = (write: (seen: SeenRecord) => Promise<SeenRecord>) =>
    applyStep({
      templateOf: serviceTemplate({ stage, digest, registries }),
      beside: templateBeside(digest),
      ...{ stacks, moves, now, platform, drainMs },
      endpoints: endpointCalls(sagemaker),
      findByDigest: needs.findByDigest,
      passGate: passGate({ invoke: invokeEndpoint(runtime), checkAnswers }),
      write,
    });

  /** Where what is wanted is not there yet, it says why; who has got further meanwhile knows better. */
  const say = async (plan: ServicePlan, reason: string): Promise<void> => {
    const { record, seen } = await records.read(plan.service);
    const versions = heldUp(plan, record.versions, reason);
    await records.write(plan.service, { record: { ...record, versions }, seen });
  };

  const applied = (plan: ServicePlan): Promise<void> =>
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
    );

  return {
    async apply(plan) {
      try {
        await applied(plan);
      } catch (error) {
        const reason = whyNot(error);
        // What cannot be written down either is told by the event alone.
        if (reason !== null) await say(plan, reason).catch(() => undefined);
        throw error;
      }
    },

    remove: (service) =>
      oneOfFew(() =>
        retryRaces(async (guarded) => {
          const { seen } = await records.read(service);
          // At once: one of its name may be made before its stack is gone, and knows of no place.
          await moves.end(service, null);
          const stack = await stacks.describe(service);
          if (!stack) return guarded(records.remove(service, seen));
          // It stays until the stack is gone, so that a deletion that fails is not forgotten.
          await guarded(records.write(service, { record: NOTHING, seen }));
          if (!isChanging(stack)) await stacks.remove(stack);
        }),
      ),

    services: records.services,

    async planInForce(service) {
      const stack = await stacks.describe(service);
      return stack && !isChanging(stack) ? stack.plan : null;
    },

    async outcome(service) {
      const stack = await stacks.describe(service);
      if (!stack) return 'none';
      const { record } = await records.read(service);
      if (isChanging(stack)) return 'under-way';
      if (record.refusal !== null) return { refusal: record.refusal };
      return stack.plan === record.wanted ? 'in-force' : 'under-way';
    },

    ...hostViews(store),

    async invoke(invocation) {
      await serving.renew(invocation.service);
      return serving.invoke(invocation);
    },

    // Nothing becomes of plans between two steps; whoever took one looks at the states.
    observe: () => undefined,

    // What runs belongs to the account, not to this process.
    close: async () => undefined,
  };
};

/** The versions as they were, and why those that are not there yet are not. */
const heldUp = (
  { versions }: ServicePlan,
  known: readonly FoundVersion[],
  reason: string,
): readonly FoundVersion[] => {
  const missing = versions.filter(({ name }) => !known.some((one) => one.name === name));
  return [...known, ...missing.map(({ name }) => ({ ...UNSEEN, name }))].map((version) => {
    const wanted = versions.find(({ name }) => name === version.name)?.replicas ?? 0;
    if (wanted === 0 || version.status === 'running' || version.status === 'failed') return version;
    return { ...version, status: 'starting', reason, wanted };
  });
};

const UNSEEN = { status: 'stopped', reason: null, wanted: 0, running: 0, serving: null } as const;
