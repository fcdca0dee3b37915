import type { ModelSource, ModelVersion } from '../models/model-version';
import { DomainError, type Fault, isDomainError } from '../shared/domain-error';
import { everyPage } from '../shared/page';
import { retryRaces } from '../shared/revisions';
import { assertServable } from './create-service';
import type { Manifest, ManifestModel, ManifestService } from './manifest';
import { firstManifestDraft, manifestDraft, type ResolvedModels } from './manifest-draft';
import { assertSameOutput, type FindModel, foundModel } from './new-versions';
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

/** Finds the model of each version of a service; what cannot be brought about is added to `faults`. */
const resolveModels = ({ findModel, ensureVersion }: Needs) => {
  const resolve = (service: string, model: ManifestModel): Promise<ModelVersion> =>
    'name' in model ? foundModel(findModel, model) : ensureVersion(service, model);

  return async (
    name: string,
    service: ManifestService,
    faults: Fault[],
  ): Promise<ResolvedModels> => {
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

const assertNone = (faults: readonly Fault[]): void => {
  if (faults.length === 0) return;
  const message = faults.map((fault) => `${fault.path}: ${fault.message}`).join('\n');
  throw new DomainError('bad-request', message, { faults });
};

const manifestWrites = ({ services, ensureKey, now, newId, changed }: Needs) => ({
  async apply(name: string, wanted: ManifestService, models: ResolvedModels): Promise<void> {
    await retryRaces(async (write) => {
      const at = now().toISOString();
      const added = { at, newId, models };
      const before = await services.read(name);
      const after = await write(
        before
          ? services.replace(before, manifestDraft(before, wanted, added), at)
          : services.create(firstManifestDraft(name, wanted, added)),
      );
      if (after !== before) await changed(name);
    });
    for (const key of wanted.keys) await ensureKey(name, key);
  },

  release: (name: string): Promise<void> =>
    retryRaces(async (write) => {
      const before = await services.read(name);
      if (!before) return;
      const service = { ...before.service, managed_by: 'api' as const };
      await write(services.replace(before, { ...before, service }, now().toISOString()));
      await changed(name);
    }),
});

/** A manifest one service at a time, for a home that its services come to one by one. */
export const manifestSteps = (needs: Needs) => {
  const resolve = resolveModels(needs);
  const { apply, release } = manifestWrites(needs);
  return {
    /** As `applyManifest`, of this service alone. @throws `bad-request` */
    async apply(name: string, wanted: ManifestService): Promise<void> {
      const faults: Fault[] = [];
      const models = await resolve(name, wanted, faults);
      assertNone(faults);
      await apply(name, wanted, models);
    },

    /** For a service that left the manifest: it stays, as the API's. */
    release,
  };
};

/**
 * Brings about what the manifest says. Structure is as the manifest says; starting and stopping are
 * the operators', and so are weights and counts until the manifest says others than it said last. A
 * service that left the manifest stays, as the API's. Nothing is written when something in the
 * manifest cannot be brought about; applying the same manifest again changes nothing.
 * @throws `bad-request` with the place of each fault in `path`
 */
export const applyManifest = (needs: Needs) => {
  const { services } = needs;
  const resolve = resolveModels(needs);
  const { apply, release } = manifestWrites(needs);

  const managed = async (): Promise<readonly string[]> => {
    const names: string[] = [];
    for await (const page of everyPage(services.list)) {
      names.push(...page.filter((s) => s.managed_by === 'manifest').map((s) => s.name));
    }
    return names;
  };

  return async (manifest: Manifest): Promise<void> => {
    const faults: Fault[] = [];
    const entries: (readonly [string, ManifestService, ResolvedModels])[] = [];
    for (const [name, wanted] of Object.entries(manifest.services)) {
      entries.push([name, wanted, await resolve(name, wanted, faults)]);
    }
    assertNone(faults);
    for (const [name, wanted, models] of entries) await apply(name, wanted, models);
    for (const name of await managed()) {
      if (!Object.hasOwn(manifest.services, name)) await release(name);
    }
  };
};
