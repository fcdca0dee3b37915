import type { ServicePlan } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import type { ServiceTemplate } from '../../../core/services/service-template';
import { isGraviton } from '../../../core/services/service-template-instances';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import { unfitReason } from '../../../core/services/service-template-unfit';
import type { HostRecord } from './host-record';
import {
  hasFailed,
  isChanging,
  isInForce,
  keyOf,
  type StackView,
  type WantedStack,
} from './next-stack-step';
import type { StackCalls } from './stack-calls';
import { wayOutOf } from './why-not';

/** The template that is in force: a stack that is changing has its old one until it is through. */
export const inForceOf = async (
  stacks: StackCalls,
  service: string,
  stack: StackView | null,
  made: ServiceTemplate,
  { inForce }: HostRecord,
): Promise<HostRecord['inForce']> => {
  if (!stack) return null;
  if (isChanging(stack)) return stack.status === 'DELETE_IN_PROGRESS' ? null : inForce;
  const { plan: digest } = stack;
  if (digest === null || digest === inForce?.digest) return digest === null ? null : inForce;
  if (digest === made.digest) return { digest, versions: made.versions };
  return { digest, versions: await stacks.versionsOf(service) };
};

/** Finds the newest version of a model that has these files. */
export type FindByDigest = (name: string, digest: string) => Promise<ModelVersion | undefined>;

/** The models at endpoints in force: the plan's where they have its files, or else what has theirs. */
export const modelsOf = async (
  findByDigest: FindByDigest,
  { versions }: ServicePlan,
  inForce: readonly PlannedVersion[],
): Promise<ReadonlyMap<string, ModelVersion>> => {
  const found = inForce.map(async ({ name, model, endpoint }) => {
    const planned = versions.find((version) => version.name === name)?.model;
    const isSame = planned?.model === model.name && planned.digest === model.digest;
    const one = isSame ? planned : await findByDigest(model.name, model.digest);
    return one ? [[endpoint, one] as const] : [];
  });
  return new Map((await Promise.all(found)).flat());
};

/** Of a service of a manifest, whose stack is not the host's to make. */
const NOT_DEPLOYED = 'its stack is not there: npx cdk deploy makes it';

/** Why what is wanted now failed, if it did: an older wish's failure says nothing of it. */
export const failureOf = async (
  stacks: StackCalls,
  plan: ServicePlan,
  stack: StackView | null,
  wanted: WantedStack,
  { asked, failed }: HostRecord,
  made: ServiceTemplate,
): Promise<HostRecord['failed']> => {
  const key = keyOf(wanted);
  if (stack && !isChanging(stack) && isInForce(stack, wanted)) return null;
  const unfit = plan.versions.find((version) => version.started && unfitReason(version) !== null);
  if (unfit && !plan.stopped) return { key, reason: `${unfit.name}: ${unfitReason(unfit)}` };
  if (failed?.key === key && failed.reason !== NOT_DEPLOYED) return failed;
  if (!stack && plan.managedBy === 'manifest' && wanted.isNeeded) {
    return { key, reason: NOT_DEPLOYED };
  }
  if (!stack || !hasFailed(stack, wanted, asked)) return null;
  const arm = made.versions.find(({ instanceType }) => instanceType && isGraviton(instanceType));
  const hint = arm
    ? ` (${arm.instanceType} has Arm processors: its image must be made for them)`
    : '';
  const why = (await stacks.failureOf(stack)).replace(/\.$/, '');
  const reason = `AWS could not bring it about: ${why}${hint || wayOutOf(why)}; change it, or stop and start it to try again`;
  return { key, reason };
};
