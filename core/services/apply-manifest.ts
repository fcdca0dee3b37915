import type { ModelSource, ModelVersion } from '../models/model-version';
import { DomainError, type Fault, isDomainError } from '../shared/domain-error';
import { assertServable } from './create-service';
import {
  countOf,
  type Manifest,
  type ManifestModel,
  type ManifestService,
  weightsOf,
  withCount,
} from './manifest';
import { assertSameOutput, type FindModel, foundModel, newVersion } from './new-versions';
import { retried, unlessRaced } from './retried';
import { type Service, type ServiceVersion, weightOf } from './service';
import type { ServiceDocument, ServiceDraft } from './service-document';
import type { ServiceRecords } from './service-records';

interface Needs {
  readonly services: ServiceRecords;
  readonly findModel: FindModel;
  /** Finds the version of a model that has these files, or registers it. */
  readonly ensureVersion: (name: string, source: ModelSource) => Promise<ModelVersion>;
  /** Makes a key of this name unless there is one. */
  readonly ensureKey: (service: string, name: string) => Promise<void>;
  readonly now: () => Date;
  readonly newId: () => string;
  readonly changed: (service: string) => Promise<void>;
}

const BY = 'manifest';

type Models = ReadonlyMap<string, ModelVersion>;

/** @throws `bad-request` with a fault for each place in the manifest that cannot be brought about */
const resolveModels = ({ findModel, ensureVersion }: Needs) => {
  const resolve = (service: string, model: ManifestModel): Promise<ModelVersion> =>
    'name' in model ? foundModel(findModel, model) : ensureVersion(service, model);

  return async (name: string, service: ManifestService, faults: Fault[]): Promise<Models> => {
    const found = new Map<string, ModelVersion>();
    const path = `services.${name}`;
    const orFault = async (place: string, step: () => Promise<void>) => {
      try {
        await step();
      } catch (error) {
        if (!isDomainError(error)) throw error;
        faults.push({ path: place, code: error.kind, message: error.message });
      }
    };
    await orFault(path, async () => assertServable({ name, kind: service.kind }));
    for (const [version, { model }] of Object.entries(service.versions)) {
      await orFault(`${path}.versions.${version}.model`, async () => {
        const resolved = await resolve(name, model);
        const others = [...found].map(([other, { model: of, version: number }]) => {
          return { name: other, model: { name: of, version: number } };
        });
        await assertSameOutput(findModel, resolved, others);
        found.set(version, resolved);
      });
    }
    return found;
  };
};

const sameWeights = (a: Service['traffic'], b: Service['traffic']): boolean =>
  Object.keys(a).length === Object.keys(b).length &&
  Object.entries(a).every(([name, weight]) => b[name] === weight);

/** The manifest's weights when they are new, or when the operators' name versions that are gone. */
const trafficOf = (document: ServiceDocument, wanted: ManifestService): Service['traffic'] => {
  const { service, applied } = document;
  const weights = weightsOf(wanted);
  const names = Object.keys(service.traffic);
  const valid = names.length > 0 && names.every((name) => Object.hasOwn(wanted.versions, name));
  return valid && applied && sameWeights(applied.weights, weights) ? service.traffic : weights;
};

const settingsOf = ({ versions: _, keys: __, ...settings }: ManifestService) => settings;

const appliedOf = (wanted: ManifestService) => ({
  weights: weightsOf(wanted),
  counts: Object.fromEntries(
    Object.entries(wanted.versions).flatMap(([name, { compute }]) => {
      const count = countOf(compute);
      return count === undefined ? [] : [[name, count]];
    }),
  ),
});

interface Added {
  readonly at: string;
  readonly newId: () => string;
  readonly models: Models;
}

const versionsOf = (
  name: string,
  wanted: ManifestService,
  before: Pick<ServiceDocument, 'versions' | 'applied'>,
  { at, newId, models }: Added,
): ServiceVersion[] =>
  Object.entries(wanted.versions).map(([version, said]) => {
    const resolved = models.get(version);
    if (!resolved) throw new Error(`${name}/${version} was not resolved`);
    const model = { name: resolved.model, version: resolved.version };
    const { description, environment, compute } = said;
    const known = before.versions.find((other) => other.name === version);
    if (!known) {
      const made = { service: name, by: BY, id: newId(), at };
      const start = true;
      return newVersion({ name: version, description, model, compute, environment, start }, made);
    }
    const count = countOf(compute);
    const kept = count !== undefined && count === before.applied?.counts[version];
    const counted = kept ? withCount(compute, countOf(known.compute)) : compute;
    return { ...known, description, model, environment, compute: counted };
  });

/** A version that the manifest gives traffic is started with it. */
const draftOf = (
  document: ServiceDocument,
  wanted: ManifestService,
  added: Added,
): ServiceDraft => {
  const { service } = document;
  const traffic = trafficOf(document, wanted);
  const versions = versionsOf(service.name, wanted, document, added).map((version) =>
    traffic !== service.traffic && weightOf({ traffic }, version.name) !== undefined
      ? { ...version, wanted: 'running' as const }
      : version,
  );
  const next = { ...service, ...settingsOf(wanted), traffic, managed_by: 'manifest' as const };
  return { service: next, versions, applied: appliedOf(wanted) };
};

const firstDraft = (name: string, wanted: ManifestService, added: Added): ServiceDraft => ({
  service: {
    name,
    ...settingsOf(wanted),
    traffic: weightsOf(wanted),
    wanted: 'running',
    managed_by: 'manifest',
    created_by: BY,
    created_at: added.at,
    updated_at: added.at,
  },
  versions: versionsOf(name, wanted, { versions: [], applied: null }, added),
  applied: appliedOf(wanted),
});

/**
 * Brings about what the manifest says. Structure is as the manifest says; starting and stopping are
 * the operators', and so are weights and counts until the manifest says others than it said last. A
 * service that left the manifest stays, as the API's. Nothing is written when something in the
 * manifest cannot be brought about; applying the same manifest again changes nothing.
 * @throws `bad-request` with the place of each fault in `path`
 */
export const applyManifest = (needs: Needs) => {
  const { services, ensureKey, now, newId, changed } = needs;
  const resolve = resolveModels(needs);

  const applyService = (name: string, wanted: ManifestService, models: Models) =>
    retried(async () => {
      const at = now().toISOString();
      const added = { at, newId, models };
      const before = await services.read(name);
      const after = await unlessRaced(
        before
          ? services.replace(before, draftOf(before, wanted, added), at)
          : services.create(firstDraft(name, wanted, added)),
      );
      if (after && after !== before) await changed(name);
      return after;
    });

  const release = (name: string) =>
    retried(async () => {
      const before = await services.read(name);
      if (!before) return true;
      const service = { ...before.service, managed_by: 'api' as const };
      return unlessRaced(services.replace(before, { ...before, service }, now().toISOString()));
    });

  const managed = async (): Promise<readonly string[]> => {
    const names: string[] = [];
    let cursor: string | undefined;
    do {
      const { items, next_cursor } = await services.list({ limit: 100, cursor });
      names.push(...items.filter((s) => s.managed_by === 'manifest').map((s) => s.name));
      cursor = next_cursor ?? undefined;
    } while (cursor !== undefined);
    return names;
  };

  return async (manifest: Manifest): Promise<void> => {
    const entries = Object.entries(manifest.services);
    const faults: Fault[] = [];
    const models = new Map<string, Models>();
    for (const [name, wanted] of entries) models.set(name, await resolve(name, wanted, faults));
    if (faults.length > 0) {
      const message = faults.map((fault) => `${fault.path}: ${fault.message}`).join('\n');
      throw new DomainError('bad-request', message, { faults });
    }
    for (const [name, wanted] of entries) {
      await applyService(name, wanted, models.get(name) ?? new Map<string, ModelVersion>());
      for (const key of wanted.keys) await ensureKey(name, key);
    }
    for (const name of await managed()) {
      if (!Object.hasOwn(manifest.services, name)) {
        await release(name);
        await changed(name);
      }
    }
  };
};
