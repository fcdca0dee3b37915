import type { ServicePlan } from '../../../core/inference/model-host';
import type { ServiceTemplate } from '../../../core/services/service-template';
import type { templateBeside } from '../../../core/services/service-template-beside';
import { changedValues } from '../../../core/services/service-template-platform';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import { type EndpointCalls, isBusy } from './endpoint-views';
import { type Exchange, exchangeOf, leavingAfter, wishOf, withoutRefused } from './exchange';
import type { HostRecord, SeenRecord } from './host-record';
import { look } from './look';
import {
  isInForce,
  keyOf,
  nextStackStep,
  type StackView,
  type WantedStack,
} from './next-stack-step';
import type { PlatformMoves } from './platform-moves';
import { type PassGate, passGates, scaleAll } from './settle-versions';
import type { StackCalls } from './stack-calls';
import { type FindByDigest, failureOf, inForceOf } from './stack-findings';
import { takeStackStep } from './take-stack-step';
import { type Findings, versionStates } from './version-states';

export interface StepNeeds {
  readonly templateOf: (plan: ServicePlan) => ServiceTemplate;
  readonly beside: ReturnType<typeof templateBeside>;
  /** The platform's values as they are now. */
  readonly platform: string;
  readonly stacks: StackCalls;
  readonly endpoints: EndpointCalls;
  readonly passGate: PassGate;
  readonly findByDigest: FindByDigest;
  readonly moves: PlatformMoves;
  readonly now: () => Date;
  /** How long an endpoint that its version has left is still there for who has not heard of it. */
  readonly drainMs: number;
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
    const { stacks, endpoints, now, drainMs } = needs;
    const { service } = plan;
    const made = needs.templateOf(plan);
    const before = seen.record;
    const stack = await stacks.describe(service);
    const inForce = await inForceOf(stacks, service, stack, made, before);
    const looked = await look(needs, plan, before, stack, inForce, made);
    const about = { before: before.versions, found: looked, at: now(), drainMs };
    const states = versionStates(plan, looked);
    // What is not wanted any more leaves at once, and its endpoint goes when nobody asks it.
    const leaving = leavingAfter(plan, before.leaving, { ...about, now: states });
    const exchange = looked.isSettled ? exchangeOf(plan, looked, leaving) : NO_EXCHANGE;
    const next = await exchanged(needs, plan, made, exchange);
    const wanted: WantedStack = {
      plan: next.digest,
      platform: stack && changedValues(stack.platform, needs.platform),
      stopped: plan.stopped,
      isNeeded: made.versions.length > 0 && !plan.stopped,
    };
    const failed = await failureOf(stacks, plan, stack, wanted, before, made);
    const failure = failed?.reason ?? null;
    // Operators have all that they want: it is what the platform has that could not be brought about.
    const isPlatforms = before.wish === wishOf(plan) && !plan.stopped;
    const behind = failure && isPlatforms ? `it goes on with what it had before: ${failure}` : null;
    const found: Findings = { ...looked, failure, behind };
    const step = nextStackStep(stack, wanted, failed?.key ?? null);
    const record = (settled: Partial<Pick<Findings, 'gates' | 'troubles'>> = {}): HostRecord => {
      const all = { ...found, ...settled };
      const versions = versionStates(plan, all);
      return {
        ...before,
        ...{ wanted: made.digest, failed, inForce, gates: all.gates, versions },
        refusal: failed?.reason ?? refusalOf(versions, exchange),
        leaving: leavingAfter(plan, leaving, { ...about, now: versions }),
        endpoints: endpointsOf(made.versions, found.inForce),
      };
    };
    if (step === 'none') {
      const troubles = await scaleAll(endpoints, plan, found);
      const gates = await passGates(needs.passGate, plan, found, stack?.platform ?? '');
      const settled = record({ gates, troubles });
      const isThere = stack !== null && isInForce(stack, wanted) && next === made;
      const wish = isThere && !plan.stopped ? wishOf(plan) : settled.wish;
      const isMoving = settled.isMoving && !(isThere && isWell(settled, stack));
      if (settled.isMoving && !isMoving) {
        await needs.moves.end(service, isProof(plan, settled) ? needs.platform : null);
      }
      return { ...seen, record: { ...settled, wish, isMoving } };
    }
    const isBlocked = [...found.endpoints.values()].some(isBusy);
    if (step === 'wait' || isBlocked) return { ...seen, record: record() };
    // What operators want is done at once; what the platform wants of all services, of a few at a time.
    // What does not run has nothing to lose, and keeps no others.
    const isOwn = step === 'update' && isPlatforms && areWell(before.versions);
    // Written before it has a place: who does not know of its place never gives it back.
    const isMoving = before.isMoving || isOwn;
    const moving =
      isMoving === before.isMoving
        ? seen
        : await needs.write({ ...seen, record: { ...record(), isMoving } });
    if (isOwn && !(await needs.moves.begin(service, needs.platform))) {
      return { ...moving, record: { ...record(), isMoving } };
    }
    // Written first: whoever looks after a crash knows what may have been asked.
    const asked = { key: keyOf(wanted), since: stack?.changedAt ?? null };
    const noting = { ...record(), asked, isMoving };
    const noted = await needs.write({ ...moving, record: noting });
    const taken = await takeStackStep(stacks, step, service, next, stack);
    if (taken === 'begun') return noted;
    // What becomes of the stack now is not for this wish to answer for.
    if (taken === 'overtaken') {
      return { ...noted, record: { ...noted.record, asked: before.asked } };
    }
    // Its values are told before SSM has them: the next minute it has.
    if (stack?.plan === wanted.plan && step === 'update' && !stack.stopped) return noted;
    const refused = { key: keyOf(wanted), reason: taken.refusal };
    return { ...noted, record: { ...noted.record, failed: refused, refusal: refused.reason } };
  };

const refusalOf = (versions: HostRecord['versions'], { refused }: Exchange): string | null => {
  const first = versions.find(({ name }) => refused.includes(name));
  return first ? `${first.name}: ${first.reason}` : null;
};

const NO_EXCHANGE: Exchange = { kept: [], refused: [] };

/** The template that is to be next. */
const exchanged = async (
  { stacks, beside, templateOf }: StepNeeds,
  plan: ServicePlan,
  made: ServiceTemplate,
  { kept, refused }: Exchange,
): Promise<ServiceTemplate> => {
  if (kept.length === 0) return made;
  const current = await stacks.template(plan.service);
  const own = refused.length > 0 ? templateOf(withoutRefused(plan, refused)) : made;
  const logged = made.versions.filter(({ name }) => refused.includes(name));
  return beside(own, { current, kept, logged });
};

/** Whether all that shall run does, and has answered its example with the values that the stack has now. */
const isWell = ({ failed, gates, versions }: HostRecord, { platform }: StackView): boolean =>
  failed === null && gates.every((gate) => gate.platform === platform) && areWell(versions);

/** Whether the server answers somewhere: what stands still, or runs in images of its own, proves nothing of it. */
const isProof = (plan: ServicePlan, { versions }: HostRecord): boolean =>
  plan.versions.some(
    ({ name, model }) =>
      !model.container && versions.some((one) => one.name === name && one.status === 'running'),
  );

const areWell = (versions: HostRecord['versions']): boolean =>
  versions.every(({ status }) => status === 'running' || status === 'stopped');

const endpointsOf = (...versions: readonly (readonly PlannedVersion[])[]): readonly string[] => [
  ...new Set(versions.flat().map(({ endpoint }) => endpoint)),
];
