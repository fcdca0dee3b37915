import { copyFile, mkdir, realpath, rm, stat } from 'node:fs/promises';
import { basename, isAbsolute, join, relative, resolve, sep } from 'node:path';
import type { ModelSource } from '../../core/models/model-version';
import type { FetchedPackage, PackageSources } from '../../core/models/package-source';
import { DomainError } from '../../core/shared/domain-error';
import { orFullDisk } from './full-disk';
import type { MlflowRegistry } from './mlflow-registry';
import { unpack } from './package-archive';
import type { Uploads } from './package-upload';

interface Needs {
  readonly uploads: Pick<Uploads, 'take'>;
  /** Folders that packages may be read from by path: `TIDEGATE_MODEL_ROOTS`. */
  readonly roots: readonly string[];
  /** Null when no tracking server is known. */
  readonly mlflow: MlflowRegistry | null;
  /** For copies on their way; emptied at the start. */
  readonly scratch: string;
  readonly newId: () => string;
}

/** Brings packages from this machine, from uploads and from MLflow. */
export const packageSources = ({
  uploads,
  roots,
  mlflow,
  scratch,
  newId,
}: Needs): PackageSources => {
  const emptied = rm(scratch, { recursive: true, force: true });
  // Told to whoever fetches first.
  emptied.catch(() => undefined);

  /** A folder that goes when the package is registered, or when it cannot be made. */
  const inScratch = async (
    make: (folder: string) => Promise<{ readonly folder: string; readonly source: ModelSource }>,
  ): Promise<FetchedPackage> => {
    await emptied;
    const folder = join(scratch, newId());
    const release = () => rm(folder, { recursive: true, force: true });
    try {
      await mkdir(folder, { recursive: true, mode: 0o700 });
      return { ...(await make(folder)), release };
    } catch (error) {
      await release();
      throw orFullDisk(error);
    }
  };

  const fromPath = async (path: string, trusted: boolean): Promise<FetchedPackage> => {
    const real = trusted ? await existing(path) : await allowed(path, roots);
    const source = { path };
    const about = await stat(real);
    if (about.isDirectory()) return { folder: real, source, release: async () => undefined };
    if (!about.isFile()) throw refused(`${path} is neither a folder nor a file`);
    return inScratch(async (folder) => {
      const sent = join(folder, basename(real));
      await copyFile(real, sent);
      return { folder: await unpack(sent, join(folder, 'package')), source };
    });
  };

  const fromMlflow = async (uri: string): Promise<FetchedPackage> => {
    if (!mlflow) {
      throw refused('no MLflow tracking server is known: set MLFLOW_TRACKING_URI and start again');
    }
    return inScratch(async (folder) => ({
      folder,
      source: { mlflow: await mlflow.download(uri, folder) },
    }));
  };

  return {
    async fetch(source, { trusted = false } = {}) {
      if ('path' in source) return fromPath(source.path, trusted);
      if ('upload' in source) return { ...(await uploads.take(source.upload)), source };
      if ('mlflow' in source) return fromMlflow(source.mlflow);
      const kind = 's3' in source ? 'an S3 source' : 'a container image';
      throw refused(
        `${kind} works in the AWS home: here, give a path, an upload or an MLflow model`,
      );
    },
  };
};

const existing = async (path: string): Promise<string> => {
  try {
    return await realpath(path);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    const isGone = code === 'ENOENT' || code === 'ENOTDIR';
    throw refused(isGone ? `there is no ${path}` : `${path} cannot be read (${code})`);
  }
};

/** Links are followed first: a link within a root may lead out of it. */
const allowed = async (path: string, roots: readonly string[]): Promise<string> => {
  if (roots.length === 0) {
    throw refused(
      'packages are read by path only under the folders in TIDEGATE_MODEL_ROOTS, and there are none: upload the package (the CLI does), or set it',
    );
  }
  const asked = roots.filter((root) => isAbsolute(path) && isWithin(resolve(path), resolve(root)));
  if (asked.length === 0) throw outside();
  const real = await existing(path);
  for (const root of roots) {
    // Nothing that could be followed lies in a root that cannot.
    const base = await realpath(root).catch(() => null);
    if (base !== null && isWithin(real, base)) return real;
  }
  throw outside();
};

const isWithin = (path: string, root: string): boolean => {
  const way = relative(root, path);
  return way === '' || (!isAbsolute(way) && way !== '..' && !way.startsWith(`..${sep}`));
};

const outside = (): DomainError =>
  refused(
    'that path is not under a folder in TIDEGATE_MODEL_ROOTS: upload the package, or move it there',
  );

const refused = (why: string): DomainError => new DomainError('bad-request', why);
