import { retryRaces } from '../shared/revisions';
import type { Stored } from '../shared/stored';
import type { ModelRecords } from './model-records';
import type { ModelVersion } from './model-version';
import type { PackageDescription } from './package-source';

/** A package that lies in the store, or will before it is needed, and what was read of it on its way there. */
export interface StoredPackage extends PackageDescription {
  readonly digest: string;
  /** Bytes. */
  readonly size: number;
}

interface Needs {
  readonly models: Pick<ModelRecords, 'find' | 'findByDigest' | 'add'>;
  readonly now: () => Date;
}

type Asked = Pick<ModelVersion, 'model' | 'source' | 'created_by'>;

/** Finds the version of a model that has a package's files, or registers one; its files are not touched. */
export const ensureStored =
  ({ models, now }: Needs) =>
  (asked: Asked, described: StoredPackage): Promise<Stored<ModelVersion>> =>
    retryRaces(async (write) => {
      // In this order: who registers the same in between moves the head, and this begins again.
      const head = await models.find(asked.model);
      const known = await models.findByDigest(asked.model, described.digest);
      if (known) return known;
      const version = (head?.latest_version ?? 0) + 1;
      const about = { description: '', tags: {}, created_at: now().toISOString() };
      return write(models.add({ ...described, ...about, ...asked, version }, head));
    });
