import type { SageMakerRuntimeClient } from '@aws-sdk/client-sagemaker-runtime';
import type { Answer } from '../../../core/inference/answer';
import { withParams } from '../../../core/inference/contract-body';
import type { Invocation } from '../../../core/inference/model-host';
import type { ModelVersion } from '../../../core/models/model-version';
import { DomainError } from '../../../core/shared/domain-error';
import type { RecordStore } from '../../../core/shared/record-store';
import { hostRecords, type Serving } from './host-record';
import { invokeEndpoint } from './invoke-endpoint';

interface Needs {
  /** With `maxAttempts: 1`. */
  readonly runtime: SageMakerRuntimeClient;
  readonly records: RecordStore;
  readonly findModel: (name: string, version: number) => Promise<ModelVersion | undefined>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
}

interface ServingVersion {
  readonly serving: Serving;
  readonly model: ModelVersion;
}

interface Known {
  readonly versions: ReadonlyMap<string, ServingVersion>;
  readonly loadedAt: number;
}

const FRESH_MS = 5_000;
/** A function may sleep for long between two requests: what is older is waited for anew. */
const OLDEST_MS = 10_000;
const MOST_SERVICES = 1_000;

/**
 * What the prediction path asks of SageMaker and of the host's records. What is known of a service is
 * answered at once, and looked up again in the background once it is 5 s old.
 */
export const servingHost = ({ runtime, records: store, findModel, clock }: Needs) => {
  const records = hostRecords(store);
  const ask = invokeEndpoint(runtime);
  const known = new Map<string, Known>();
  const loading = new Map<string, Promise<void>>();

  const read = async (service: string): Promise<Known> => {
    const { record } = await records.read(service);
    const before = known.get(service)?.versions;
    const versions = new Map<string, ServingVersion>();
    for (const { name, serving } of record.versions) {
      if (!serving) continue;
      const old = before?.get(name)?.model;
      // A model version never changes, and what was compiled for it is remembered by its signature.
      const same = old?.model === serving.model.name && old.version === serving.model.version;
      const model = same ? old : await findModel(serving.model.name, serving.model.version);
      if (model) versions.set(name, { serving, model });
    }
    return { versions, loadedAt: clock() };
  };

  const load = (service: string): Promise<void> => {
    const running = loading.get(service);
    if (running !== undefined) return running;
    const promise = read(service)
      .then((found) => {
        if (known.size >= MOST_SERVICES) known.clear();
        known.set(service, found);
      })
      .finally(() => loading.delete(service));
    loading.set(service, promise);
    return promise;
  };

  const find = (service: string, version: string): ServingVersion | undefined =>
    known.get(service)?.versions.get(version);

  return {
    /** Makes known what of a service runs; undefined when it is already. Before all else. */
    ready(service: string): Promise<void> | undefined {
      const before = known.get(service);
      if (!before) return load(service);
      const age = clock() - before.loadedAt;
      if (age <= FRESH_MS) return undefined;
      // When only the refresh fails answers stand on what is known, and the next one tries again.
      const refreshed = load(service).catch(() => undefined);
      return age > OLDEST_MS ? refreshed : undefined;
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

const unavailable = (): DomainError =>
  new DomainError('unavailable', 'this version does not run', { retryAfterS: 1 });
