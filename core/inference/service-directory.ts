import type { Limited } from '../access/rate-limiter';
import type { ModelVersion } from '../models/model-version';
import type { Service, ServiceVersion } from '../services/service';

/** A version as the prediction path sees it. */
export interface ServingVersion {
  readonly name: string;
  readonly model: ModelVersion;
  /** `wine-red/3`. */
  readonly tag: string;
}

/** A service as the prediction path sees it. */
export interface ServingService {
  readonly service: Service;
  readonly versions: ReadonlyMap<string, ServingVersion>;
  readonly limited: Limited;
}

interface Needs {
  readonly findService: (name: string) => Promise<Service | undefined>;
  readonly versionsOf: (service: string) => Promise<readonly ServiceVersion[]>;
  readonly findModel: (name: string, version: number) => Promise<ModelVersion | undefined>;
  /** Milliseconds, monotonic. */
  readonly clock: () => number;
  /**
   * Milliseconds after which what is known is waited for anew, for processes that sleep between
   * requests; never by default.
   */
  readonly oldestMs?: number;
}

const FRESH_MS = 5_000;
const MOST_UNKNOWN = 1_000;

interface Entry {
  readonly serving: ServingService | undefined;
  readonly loadedAt: number;
}

/**
 * Services by name without a read per request: what is known is answered at once and looked up again
 * in the background once it is 5 s old. `forget` makes a change of this process seen at once.
 */
export const serviceDirectory = ({
  findService,
  versionsOf,
  findModel,
  clock,
  oldestMs = Number.POSITIVE_INFINITY,
}: Needs) => {
  // Names of no service are remembered apart, so that a flood of them drives out no real one.
  const known = new Map<string, Entry>();
  const unknown = new Map<string, Entry>();
  const loading = new Map<string, Promise<ServingService | undefined>>();

  const read = async (name: string): Promise<ServingService | undefined> => {
    // Before the traffic: a version that is taken away meanwhile gets none, one that is added does not run.
    const all = await versionsOf(name);
    const service = await findService(name);
    if (!service) return undefined;
    const versions = new Map<string, ServingVersion>();
    for (const { name: version, model } of all) {
      const found = await findModel(model.name, model.version);
      if (!found) continue;
      versions.set(version, { name: version, model: found, tag: `${model.name}/${model.version}` });
    }
    const limited = { subject: `service/${name}`, throttle: service.throttle };
    return { service, versions, limited };
  };

  const forget = (name: string): void => {
    known.delete(name);
    unknown.delete(name);
    loading.delete(name);
  };

  const load = (name: string): Promise<ServingService | undefined> => {
    const running = loading.get(name);
    if (running !== undefined) return running;
    const promise: Promise<ServingService | undefined> = read(name)
      .then((serving) => {
        // A change since then may have made this reading old: it must not be remembered.
        if (loading.get(name) !== promise) return serving;
        forget(name);
        if (unknown.size >= MOST_UNKNOWN) unknown.clear();
        (serving ? known : unknown).set(name, { serving, loadedAt: clock() });
        return serving;
      })
      .finally(() => {
        if (loading.get(name) === promise) loading.delete(name);
      });
    loading.set(name, promise);
    return promise;
  };

  return {
    find(name: string): ServingService | undefined | Promise<ServingService | undefined> {
      const entry = known.get(name) ?? unknown.get(name);
      if (!entry) return load(name);
      const age = clock() - entry.loadedAt;
      if (age <= FRESH_MS) return entry.serving;
      // When only the refresh fails the answer stands on what is known, and the next one tries again.
      const refreshed = load(name).catch(() => entry.serving);
      return age > oldestMs ? refreshed : entry.serving;
    },

    forget,
  };
};

/** Finds services for the prediction path. */
export type ServiceDirectory = ReturnType<typeof serviceDirectory>;
