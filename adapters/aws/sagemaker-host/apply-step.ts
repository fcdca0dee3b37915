import type { ServicePlan } from '../../../core/inference/model-host';
import type { ServiceTemplate } from '../../../core/services/service-template';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import { type EndpointCalls, isBusy } from './endpoint-views';
import { isNamed } from './error-name';
import type { Gate, HostRecord, SeenRecord } from './host-record';
import {
  isChanging,
  keyOf,
  nextStackStep,
  type StackStep,
  type StackView,
  type WantedStack,
} from './next-stack-step';
import { type PassGate, passGates, scaleAll } from './settle-versions';
import type { StackCalls } from './stack-calls';
import { type FindByDigest, failureOf, inForceOf, modelsOf } from './stack-findings';
import { type Findings, gateOf, versionStates } from './version-states';

export interface StepNeeds {
  readonly templateOf: (plan: ServicePlan) => ServiceTemplate;
  readonly stacks: StackCalls;
  readonly endpoints: EndpointCalls;
  readonly passGate: PassGate;
  readonly findByDigest: FindByDigest;
  /** Writes a record over the one that was seen. @throws `revision-conflict` */
  readonly write: (seen: SeenRecord) => Promise<SeenRecord>;
}

/**
 * One step from what is to what shall be: looks at a service's stack and endpoints, does the one next
 * thing, and answers what is known now. Saying it again is harmless at any moment.
 */
export const applyStep =
  (needs: StepNeeds) =>
  async (plan: ServicePlan, seen: SeenRecord): Promise<SeenRecord> => {
    const { stacks, endpoints } = needs;
    const { service } = plan;
    const made = needs.templateOf(plan);
    const wanted: WantedStack = {
      plan: made.digest,
      stopped: plan.stopped,
      isNeeded: made.versions.length > 0 && !plan.stopped,
    };
    const before = seen.record;
    const stack = await stacks.describe(service);
    const inForce = await inForceOf(stacks, service, stack, made, before);
    const failed = await failureOf(stacks, plan, stack, wanted, before, made);
    const names = new Set((inForce?.versions ?? []).map(({ endpoint }) => endpoint));
    const views = await endpoints.describeAll(isUp(stack) ? names : new Set());
    const found: Findings = {
      inForce: inForce?.versions ?? [],
      models: await modelsOf(needs.findByDigest, plan, inForce?.versions ?? []),
      endpoints: views,
      // What starts again passes its gate again.
      gates: isUp(stack) ? gatesInForce(before.gates, inForce?.versions ?? []) : [],
      failure: failed?.reason ?? null,
      troubles: new Map(),
      settings: new Map(made.versions.map(({ name, settings }) => [name, settings])),
    };
    const step = nextStackStep(stack, wanted, failed?.key ?? null);
    const record = (gates = found.gates, troubles = found.troubles): HostRecord => ({
      asked: before.asked,
      failed,
      inForce,
      gates,
      versions: versionStates(plan, { ...found, gates, troubles }),
    });
    if (step === 'none') {
      const troubles = await scaleAll(endpoints, plan, found);
      const gates = await passGates(needs.passGate, plan, found);
      return { ...seen, record: record(gates, troubles) };
    }
    if (step === 'wait' || [...views.values()].some(isBusy)) return { ...seen, record: record() };
    // Written first: whoever looks after a crash knows what may have been asked.
    const asked = { key: keyOf(wanted), since: stack?.changedAt ?? null };
    const noted = await needs.write({ ...seen, record: { ...record(), asked } });
    const taken = await take(stacks, step, service, made, stack);
    if (taken === 'begun') return noted;
    // What becomes of the stack now is not for this wish to answer for.
    if (taken === 'overtaken') {
      return { ...noted, record: { ...noted.record, asked: before.asked } };
    }
    const refused = { key: keyOf(wanted), reason: taken.refusal };
    return { ...noted, record: { ...noted.record, failed: refused } };
  };

/** Whether it may have endpoints. */
const isUp = (stack: StackView | null): stack is StackView =>
  stack !== null && (!stack.stopped || isChanging(stack));

const gatesInForce = (gates: readonly Gate[], inForce: readonly PlannedVersion[]) =>
  gates.filter((gate) => inForce.some((version) => gateOf([gate], version) !== undefined));

type Taken = 'begun' | 'overtaken' | { readonly refusal: string };

/** Asks for the next thing; somebody may have been faster, or CloudFormation refuse it. */
const take = async (
  stacks: StackCalls,
  step: StackStep,
  service: string,
  made: ServiceTemplate,
  stack: StackView | null,
): Promise<Taken> => {
  try {
    if (step === 'create') await stacks.create(service, made);
    if (step === 'update') await stacks.update(service, made);
    if (step === 'stop' && stack) await stacks.stop(service, stack);
    if (step === 'delete') await stacks.remove(service);
    if (step === 'continue-rollback') await stacks.continueRollback(service);
    return 'begun';
  } catch (error) {
    if (isNamed(error, 'AlreadyExistsException')) return 'overtaken';
    if (!isNamed(error, 'ValidationError') || !(error instanceof Error)) throw error;
    const now = await stacks.describe(service);
    // A new stack is not there before it is made: what refuses it is not another's.
    const isMoved =
      stack !== null && (now?.status !== stack.status || now.changedAt !== stack.changedAt);
    return isMoved ? 'overtaken' : { refusal: `AWS refuses it: ${error.message}` };
  }
};
