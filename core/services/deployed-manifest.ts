import type { StoredPackage } from '../models/ensure-stored';
import type { ManifestService } from './manifest';

/** A service as whoever deploys a manifest tells the control plane of it. */
export interface DeployedService {
  /** What the manifest says, paths relative to it: the same on every machine that deploys it. */
  readonly said: ManifestService;
  /** By the paths of its models. */
  readonly packages: Readonly<Record<string, StoredPackage>>;
  /** Digest of its template: it is the control plane's to run once this is in force. */
  readonly plan: string;
}

/** A manifest as it was deployed: an object beside the packages. */
export interface DeployedManifest {
  readonly services: Readonly<Record<string, DeployedService>>;
}

/** Its key in the bucket of packages. */
export const DEPLOYED_MANIFEST = 'deployed/manifest.json';
