import type { Instance, ModelHost, VersionState } from '../../../core/inference/model-host';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import { type FoundVersion, type HostRecord, hostRecords } from './host-record';
import type { Usage, UsageOf } from './instance-usage';

/**
 * What the last look at a service found, for whoever only wants to see it: asks nothing of AWS but the
 * records, and `usageOf` of instances.
 */
export const hostViews = (
  store: RecordStore,
  usageOf: UsageOf = async () => new Map(),
): Pick<ModelHost, 'states' | 'instances' | 'restart'> => {
  const records = hostRecords(store);

  const versionsOf = async (service: string): Promise<readonly FoundVersion[]> =>
    (await records.read(service)).record.versions;

  const instancesOf = async (service: string): Promise<readonly Instance[]> => {
    const { record } = await records.read(service);
    const used = await usageOf(onInstances(record));
    return record.versions.flatMap((version) => instances(version, used.get(version.name)));
  };

  return {
    states: async (service): Promise<readonly VersionState[]> =>
      (await versionsOf(service)).map(({ serving: _, ...state }) => state),

    instances: instancesOf,

    async restart(service, instance) {
      const known = (await instancesOf(service)).some(({ id }) => id === instance);
      if (!known) throw new DomainError('not-found', 'this service has no such instance');
      const message =
        'SageMaker replaces instances by itself: to have all of a version replaced, stop and start it';
      throw new DomainError('bad-request', message);
    },
  };
};

/** The versions that answer on instances, and not on a serverless endpoint. */
const onInstances = ({ versions, inForce }: HostRecord) =>
  versions.flatMap(({ name, running, serving }) => {
    const planned = inForce?.versions.find(({ endpoint }) => endpoint === serving?.endpoint);
    const { endpoint, instanceType = null } = planned ?? {};
    return running > 0 && endpoint && instanceType ? [{ name, endpoint, instanceType }] : [];
  });

/** SageMaker counts instances and does not name them, so each uses what they use on average. */
const instances = (
  { name, wanted, running }: FoundVersion,
  used: Usage = { cpu_percent: null, memory_bytes: null },
): readonly Instance[] =>
  Array.from({ length: Math.max(wanted, running) }, (_, place) => ({
    id: `${name}-${place + 1}`,
    version: name,
    status: place < running ? 'running' : 'waiting',
    restarts: 0,
    started_at: null,
    ...(place < running ? used : { cpu_percent: null, memory_bytes: null }),
  }));
