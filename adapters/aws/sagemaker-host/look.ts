import type { ServicePlan } from '../../../core/inference/model-host';
import type { ServiceTemplate } from '../../../core/services/service-template';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import type { EndpointCalls } from './endpoint-views';
import { targetsOf } from './exchange';
import type { Gate, HostRecord } from './host-record';
import { isChanging, type StackView } from './next-stack-step';
import { type FindByDigest, modelsOf } from './stack-findings';
import type { Findings } from './version-states';

interface Needs {
  readonly endpoints: EndpointCalls;
  readonly findByDigest: FindByDigest;
}

/** What there is, before anything is done about it. */
export const look = async (
  { endpoints, findByDigest }: Needs,
  plan: ServicePlan,
  before: HostRecord,
  stack: StackView | null,
  inForce: HostRecord['inForce'],
  made: ServiceTemplate,
): Promise<Findings> => {
  const versions = inForce?.versions ?? [];
  const targets = targetsOf(made);
  const names = isUp(stack) ? versions.map(({ endpoint }) => endpoint) : [];
  return {
    ...{ inForce: versions, targets, failure: null, behind: null, troubles: new Map() },
    isSettled: isUp(stack) && !isChanging(stack),
    models: await modelsOf(findByDigest, plan, versions),
    endpoints: await endpoints.describeAll(new Set(names)),
    // What starts again passes its gate again.
    gates: isUp(stack) ? knownGates(before.gates, versions, targets) : [],
    answered: new Map(
      before.versions.flatMap(({ name, serving }) => (serving ? [[name, serving.endpoint]] : [])),
    ),
  };
};

/** Whether it may have endpoints. */
const isUp = (stack: StackView | null): stack is StackView =>
  stack !== null && (!stack.stopped || isChanging(stack));

/** Of what is in force, and of what is wanted: what was refused once is not tried again. */
const knownGates = (
  gates: readonly Gate[],
  inForce: readonly PlannedVersion[],
  targets: ReadonlyMap<string, string>,
): readonly Gate[] => {
  const known = new Set([...targets.values(), ...inForce.map(({ endpoint }) => endpoint)]);
  return gates.filter(({ endpoint }) => known.has(endpoint));
};
