import { join } from 'node:path';
import { digestOfFolder, manifestOfFolder } from '../../adapters/embedded/file-artifact-store';
import { packageSources } from '../../adapters/embedded/package-sources';
import { newId } from '../../adapters/primitives';
import type { StoredPackage } from '../../core/models/ensure-stored';
import { assertKeepable } from '../../core/models/kept-size';
import type { ModelSource } from '../../core/models/model-version';
import { parseManifest } from '../../core/models/package-manifest';
import { DomainError } from '../../core/shared/domain-error';
import { staticChecks } from '../../model-server/static-checks';

/** A package of the manifest on this machine. */
export interface LocalPackage {
  readonly folder: string;
  /** Its files, relative to the folder. */
  readonly paths: readonly string[];
  /** The text that its digest is made of. */
  readonly listing: string;
  readonly stored: StoredPackage;
}

/** What S3 copies in one piece. */
const LARGEST_FILE = 5 * 1024 ** 3;

interface Needs {
  /** Folder for what has to be unpacked, which must last until it is shipped. */
  readonly scratch: string;
  /** @throws `bad-request` an image that models may not use */
  readonly assertImage: (image: string) => void;
}

/** Reads packages of a manifest, without running any: the first replica replays the example. */
export const manifestPackages = ({ scratch, assertImage }: Needs) => {
  const checks = staticChecks({ assertImage });
  const sources = packageSources({
    uploads: { take: () => Promise.reject(refused('no uploads are deployed')) },
    ...{ roots: [], mlflow: null, newId },
    scratch: join(scratch, 'unpacked'),
  });

  /** @throws `bad-request` it is not there, is no package, or cannot be served */
  return async (source: ModelSource): Promise<LocalPackage> => {
    if (!('path' in source)) throw refused('download the model, and give the path of its folder');
    const { folder } = await sources.fetch(source, { trusted: true });
    const described = await checks.inspect(folder);
    assertKeepable(described.expected);
    const [digest, listing] = [await digestOfFolder(folder), await manifestOfFolder(folder)];
    const files = parseManifest(listing);
    const large = files.find(({ bytes }) => bytes > LARGEST_FILE);
    if (large) throw refused(`${large.path} is larger than 5 GiB, which S3 copies in one piece`);
    const size = files.reduce((sum, { bytes }) => sum + bytes, 0);
    const paths = files.map(({ path }) => path);
    return { folder, paths, listing, stored: { ...described, digest, size } };
  };
};

const refused = (why: string): DomainError => new DomainError('bad-request', why);
