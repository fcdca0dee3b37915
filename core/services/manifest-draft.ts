import type { ModelVersion } from '../models/model-version';
import { countOf, type ManifestService, weightsOf, withCount } from './manifest';
import { newVersion } from './new-versions';
import { type Service, type ServiceVersion, weightOf } from './service';
import type { ServiceDocument, ServiceDraft } from './service-document';

/** Model versions by the names of the service's versions. */
export type ResolvedModels = ReadonlyMap<string, ModelVersion>;

const BY = 'manifest';

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
  /** The model version of each version of the service. */
  readonly models: ResolvedModels;
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

/** What a manifest makes of a service that is there; a version that it gives traffic is started. */
export const manifestDraft = (
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

/** What a manifest makes of a service that is not there yet. */
export const firstManifestDraft = (
  name: string,
  wanted: ManifestService,
  added: Added,
): ServiceDraft => ({
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
