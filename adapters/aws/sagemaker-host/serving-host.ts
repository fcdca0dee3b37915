import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Answer } from '../../../core/inference/answer';
import { withParams } from '../../../core/inference/contract-body';
import type { Invocation } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import { type HostRecord, hostRecords, type Serving } from './host-record';
import { invokeEndpoint } from './invoke-endpoint';

interface Needs {
  /** With `maxAttempts: 1`. */
  readonly runtime: SageMakerRuntimeClient;
  readonly records: RecordStore;
  readonly findModel: (name: string, version: number) => Promise<ModelVersion | undefined>;
  readonly now: () => Date;
}

interface ServingVersion {
  readonly serving: Serving;
  readonly model: ModelVersion;
  /** Until when it may be asked, in milliseconds since 1970. */
  readonly until: number;
}

/**
 * Who gives traffic to a version that is not wanted any more has not heard of that, and hears of it
 * within 10 s. That long it is asked, and a little longer for what takes its time.
 */
const HEARD_MS = 15_000;

/** What the prediction path asks of SageMaker and of the host's records. */
export const servingHost = ({ runtime, records: store, findModel, now }: Needs) => {
  const records = hostRecords(store);
  const ask = invokeEndpoint(runtime);
  const known = new Map<string, ReadonlyMap<string, ServingVersion>>();

  const find = (service: string, version: string): ServingVersion | undefined => {
    const found = known.get(service)?.get(version);
    return found && now().getTime() < found.until ? found : undefined;
  };

  return {
    /** Makes known what of a service runs now. */
    async renew(service: string): Promise<void> {
      const { record } = await records.read(service);
      const before = known.get(service);
      const versions = new Map<string, ServingVersion>();
      for (const { name, serving, until } of [...askedStill(record), ...answering(record)]) {
        const old = before?.get(name)?.model;
        // A model version never changes, and what was compiled for it is remembered by its signature.
        const same = old?.model === serving.model.name && old.version === serving.model.version;
        const model = same ? old : await findModel(serving.model.name, serving.model.version);
        if (model) versions.set(name, { serving, model, until });
      }
      if (versions.size > 0) known.set(service, versions);
      else known.delete(service);
    },

    /** Whether the version may be asked. */
    isRunning: (service: string, version: string): boolean => find(service, version) !== undefined,

    /** The model that answers now. */
    modelOf: (service: string, version: string): ModelVersion | null =>
      find(service, version)?.model ?? null,

    /** @throws `unavailable`, `overloaded`, `model-error`, `model-timeout` */
    async invoke(invocation: Invocation): Promise<Answer> {
      const { service, version, requestId, trace, table, params, timeoutMs } = invocation;
      const found = find(service, version);
      if (!found) throw unavailable();
      return ask({
        endpoint: found.serving.endpoint,
        ...{ requestId, trace },
        body: withParams(invocation.body(), params),
        rows: table.rows,
        output: found.model.signature.output,
        timeoutMs,
      });
    },
  };
};

/**
 * A look at services, each followed by one at what of it runs: a version gets traffic once it runs, so
 * whoever looks in this order knows where to send it.
 */
export const thenWhatRuns =
  <T>(find: (name: string) => Promise<T | undefined>, renew: (name: string) => Promise<void>) =>
  async (name: string): Promise<T | undefined> => {
    const found = await find(name);
    if (found) await renew(name);
    return found;
  };

type Place = Pick<ServingVersion, 'serving' | 'until'> & { readonly name: string };

const answering = ({ versions }: HostRecord): readonly Place[] =>
  versions.flatMap(({ name, serving }) =>
    serving ? [{ name, serving, until: Number.POSITIVE_INFINITY }] : [],
  );

const askedStill = ({ leaving }: HostRecord): readonly Place[] =>
  leaving.flatMap(({ endpoint, since, asked }) =>
    asked
      ? {
          name: asked.version,
          serving: { endpoint, model: asked.model },
          until: Date.parse(since) + HEARD_MS,
        }
      : [],
  );

const unavailable = (): DomainError =>
  new DomainError('unavailable', 'this version does not run', { retryAfterS: 1 });
