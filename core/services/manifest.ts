import type { Compute, Service, ServiceSettings, ServiceVersion } from './service';

/** Where a manifest's version gets its model: files or a registry to register from, or a version. */
export type ManifestModel =
  | { readonly path: string }
  | { readonly mlflow: string }
  | { readonly name: string; readonly version: number };

/** What a manifest says of a version. */
export interface ManifestVersion
  extends Pick<ServiceVersion, 'description' | 'compute' | 'environment'> {
  readonly model: ManifestModel;
  /** Percent of the traffic; of no version given: the first gets all. */
  readonly weight?: number | undefined;
}

/** What a manifest says of a service, every default filled in. */
export interface ManifestService extends ServiceSettings, Pick<Service, 'kind'> {
  readonly versions: Readonly<Record<string, ManifestVersion>>;
  /** Names of keys that shall exist. */
  readonly keys: readonly string[];
}

/** `tidegate.yaml`, checked, its paths absolute. */
export interface Manifest {
  readonly services: Readonly<Record<string, ManifestService>>;
}

/** What a manifest said last of what operators may change in between. */
export interface AppliedManifest {
  readonly weights: Readonly<Record<string, number>>;
  /** Instances by version. */
  readonly counts: Readonly<Record<string, number>>;
}

/** The weights a manifest wants, without those that are 0. */
export const weightsOf = ({ versions }: ManifestService): Readonly<Record<string, number>> => {
  const entries = Object.entries(versions);
  if (entries.every(([, { weight }]) => weight === undefined)) {
    return Object.fromEntries(entries.slice(0, 1).map(([name]) => [name, 100]));
  }
  return Object.fromEntries(
    entries.flatMap(([name, { weight = 0 }]) => (weight > 0 ? [[name, weight]] : [])),
  );
};

/** A fixed number of instances, where a version has one. */
export const countOf = (compute: Compute): number | undefined =>
  'instances' in compute && 'count' in compute.instances ? compute.instances.count : undefined;

/** The same compute with another number of instances, where it has one. */
export const withCount = (compute: Compute, count: number | undefined): Compute =>
  count !== undefined && 'instances' in compute && 'count' in compute.instances
    ? { instances: { ...compute.instances, count } }
    : compute;
