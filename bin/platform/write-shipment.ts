import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { digest } from '../../adapters/primitives';
import type { PrivateRegistry } from '../../core/models/container';
import type { StoredPackage } from '../../core/models/ensure-stored';
import {
  DEPLOYED_MANIFEST,
  type DeployedManifest,
  type DeployedService,
} from '../../core/services/deployed-manifest';
import type { Manifest, ManifestService, ManifestVersion } from '../../core/services/manifest';
import { serviceTemplate } from '../../core/services/service-template';
import type { ShippedFile } from '../../lib/stacks/packages-stack';
import type { LocalPackage } from './manifest-packages';
import type { Rehearsal } from './rehearse-manifest';

/** What a manifest becomes. */
export interface Shipment {
  readonly files: readonly ShippedFile[];
  /** Files with templates, by the names of services. */
  readonly templates: ReadonlyMap<string, string>;
}

interface Needs {
  readonly stage: string;
  /** The stage's registries outside ECR. */
  readonly registries: readonly PrivateRegistry[];
  /** Folder that lasts until the stacks are made. */
  readonly scratch: string;
  /** The manifest's own. */
  readonly folder: string;
}

/** Each file is an asset of the CDK, and all are named in one template. */
const MOST_FILES = 1_000;

/** Writes what stacks are made of: for the same manifest and packages the same bytes, on any machine. */
export const writeShipment =
  ({ stage, registries, scratch, folder }: Needs) =>
  (manifest: Manifest, { plans, packages }: Rehearsal): Shipment => {
    const templateOf = serviceTemplate({ stage, digest, registries });
    const write = (name: string, text: string): string => {
      const file = join(scratch, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text);
      return file;
    };
    const shipped = [...distinct(packages)].flatMap(([hex, { folder: from, paths, listing }]) => [
      ...paths.map((path) => ({ file: join(from, path), to: `packages/${hex}/${path}` })),
      // After its files: a package with it is whole.
      { file: write(`listings/${hex}`, listing), to: `manifests/${hex}` },
    ]);
    const templates = new Map<string, string>();
    const services: Record<string, DeployedService> = {};
    for (const [name, said] of Object.entries(manifest.services)) {
      const plan = plans.get(name);
      if (!plan) throw new Error(`${name} was not rehearsed`);
      const made = templateOf(plan);
      templates.set(name, write(`templates/${name}.json`, JSON.stringify(made.template)));
      services[name] = { ...asDeployed(said, folder, packages), plan: made.digest };
    }
    const deployed: DeployedManifest = { services };
    // Last: it tells of all that comes before.
    const last = { file: write('manifest.json', JSON.stringify(deployed)), to: DEPLOYED_MANIFEST };
    const files = [...shipped, last];
    if (files.length <= MOST_FILES) return { files, templates };
    const message = `the packages of the manifest have ${files.length} files, more than ${MOST_FILES}: register the largest through the API`;
    throw new Error(message);
  };

/** The same files may be named by several paths. */
const distinct = (packages: Rehearsal['packages']): ReadonlyMap<string, LocalPackage> =>
  new Map([...packages.values()].map((one) => [one.stored.digest.replace(/^sha256:/, ''), one]));

const asDeployed = (
  said: ManifestService,
  folder: string,
  packages: Rehearsal['packages'],
): Pick<DeployedService, 'said' | 'packages'> => {
  const stored: Record<string, StoredPackage> = {};
  const versions: Record<string, ManifestVersion> = {};
  for (const [name, version] of Object.entries(said.versions)) {
    const { model } = version;
    const found = 'path' in model ? packages.get(model.path) : undefined;
    if (!found || !('path' in model)) throw new Error(`the model of ${name} was not rehearsed`);
    const path = relative(folder, model.path).replaceAll(sep, '/');
    stored[path] = found.stored;
    versions[name] = { ...version, model: { path } };
  }
  return { said: { ...said, versions }, packages: stored };
};
