import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import { newId, now } from '../../adapters/primitives';
import type { ServicePlan } from '../../core/inference/model-host';
import { ensureStored } from '../../core/models/ensure-stored';
import { modelRecords } from '../../core/models/model-records';
import { applyManifest } from '../../core/services/apply-manifest';
import type { Manifest } from '../../core/services/manifest';
import type { FindModel } from '../../core/services/new-versions';
import { reconcile } from '../../core/services/reconcile';
import { serviceRecords } from '../../core/services/service-records';
import { DomainError } from '../../core/shared/domain-error';
import type { LocalPackage, manifestPackages } from './manifest-packages';

/** A manifest brought about for nobody. */
export interface Rehearsal {
  /** By the names of services. */
  readonly plans: ReadonlyMap<string, ServicePlan>;
  /** By the paths of models. */
  readonly packages: ReadonlyMap<string, LocalPackage>;
}

/**
 * Does with records in memory what the control plane will do with its own: so a manifest's services
 * are checked and planned by the same rules, before anything is deployed.
 * @throws `bad-request` with the place of each fault in `path`
 */
export const rehearseManifest = async (
  manifest: Manifest,
  packageOf: ReturnType<typeof manifestPackages>,
): Promise<Rehearsal> => {
  const records = sqliteRecordStore(':memory:', { now });
  const [models, services] = [modelRecords(records), serviceRecords(records)];
  const ensure = ensureStored({ models, now });
  const packages = new Map<string, LocalPackage>();
  const plans = new Map<string, ServicePlan>();
  const findModel: FindModel = async (name, version) => {
    const found = await models.findVersion(name, version);
    if (found) return found;
    const message = `${name}/${version} is known to the control plane alone: give the path of its package, or make the service through the API`;
    throw new DomainError('bad-request', message);
  };
  const { changed } = reconcile({
    ...{ services, findModel },
    host: {
      apply: async (plan) => void plans.set(plan.service, plan),
      remove: async () => undefined,
      states: () => [],
    },
    events: { happened: () => undefined },
    report: (error) => {
      throw error;
    },
  });
  const apply = applyManifest({
    ...{ services, findModel, now, newId, changed },
    ensureVersion: async (model, source) => {
      const found = await packageOf(source);
      if ('path' in source) packages.set(source.path, found);
      return ensure({ model, source, created_by: 'manifest' }, found.stored);
    },
    ensureKey: async () => undefined,
  });
  await apply(manifest);
  return { plans, packages };
};
