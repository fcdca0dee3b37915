import type { StatesOf } from '../inference/model-host';
import { DomainError } from '../shared/domain-error';
import { assertRevision } from '../shared/revisions';
import { type ChangeNeeds, changeService } from './change-service';
import { versionOf } from './find-service';
import type { Service } from './service';
import type { ServiceDocument } from './service-document';
import { isAnswering, versionStatuses } from './service-status';

interface Needs extends ChangeNeeds {
  readonly statesOf: StatesOf;
}

interface Input extends Pick<Service, 'traffic'> {
  readonly service: string;
  readonly revision?: number | undefined;
}

/** @throws `invalid-traffic` with every fault in one message */
const assertTraffic = (traffic: Service['traffic']): void => {
  const weights = Object.entries(traffic);
  const wrong = weights.filter(([, weight]) => !Number.isInteger(weight) || weight < 0);
  const sum = weights.reduce((total, [, weight]) => total + weight, 0);
  const faults = [
    ...wrong.slice(0, 10).map(([name]) => `${name} needs a whole percentage, 0 or more`),
    ...(wrong.length > 0 || sum === 100 ? [] : [`weights sum to ${sum}, not 100`]),
  ];
  if (faults.length > 0) throw new DomainError('invalid-traffic', faults.join('; '));
};

/** Weights without those that are 0: a version without traffic is not in the split. */
const split = (traffic: Service['traffic']): Service['traffic'] =>
  Object.fromEntries(Object.entries(traffic).filter(([, weight]) => weight > 0));

/**
 * Shares a service's traffic out over its running versions.
 * @throws `invalid-traffic`, `version-not-found`, `not-running`, `revision-conflict`
 */
export const setTraffic = ({ statesOf, ...needs }: Needs) => {
  const change = changeService(needs);
  return ({ service: name, traffic, revision }: Input): Promise<ServiceDocument> =>
    change(name, async (document) => {
      assertTraffic(traffic);
      for (const version of Object.keys(traffic)) versionOf(document, version);
      assertRevision(document.service, revision);
      const statuses = versionStatuses(document, await statesOf(name));
      const wanted = split(traffic);
      const idle = Object.keys(wanted).filter((v) => !isAnswering(statuses.get(v)?.status));
      if (idle.length > 0) {
        const message = `not running: ${idle.join(', ')}; start a version before it gets traffic`;
        throw new DomainError('not-running', message);
      }
      return { ...document, service: { ...document.service, traffic: wanted } };
    });
};
