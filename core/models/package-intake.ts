import { isDomainError } from '../shared/domain-error';
import type { ArtifactStore } from './artifact-store';
import type { AskedSource } from './model-version';
import type { PackageChecks, PackageSources } from './package-source';
import { type GivenAnswers, storePackage, type TakenPackage } from './store-package';

/** What of a registration is about its package. */
export interface AskedPackage {
  readonly source: AskedSource;
  readonly expected?: GivenAnswers | undefined;
}

/** Takes packages in where no record can be touched: apart from what registers them. */
export interface PackageIntake extends Pick<ArtifactStore, 'remove'> {
  /**
   * Reads and checks a package, and stores its files.
   * @throws `bad-request` it cannot be had or served; `unavailable` it may be tried again
   */
  take(asked: AskedPackage): Promise<TakenPackage>;

  /** Once a package is registered: stores its files again if they are gone since, and forgets its upload. */
  settle(asked: AskedPackage, digest: string): Promise<void>;
}

interface Needs {
  readonly sources: PackageSources;
  readonly checks: PackageChecks;
  readonly artifacts: Pick<ArtifactStore, 'put' | 'remove'> & {
    has(digest: string): Promise<boolean>;
  };
  readonly uploads: { readonly forget: (source: AskedSource) => Promise<void> };
}

/** The intake itself. What is no longer of use of an upload goes; what may be tried again stays. */
export const packageIntake = ({ sources, checks, artifacts, uploads }: Needs): PackageIntake => {
  const take = async ({ source, expected }: AskedPackage): Promise<TakenPackage> => {
    try {
      const fetched = await sources.fetch(source);
      try {
        return await storePackage({ artifacts, checks })(fetched, expected);
      } finally {
        await fetched.release();
      }
    } catch (error) {
      const isRefused = isDomainError(error) && error.kind === 'bad-request';
      // Why it was refused is what has to be told; what stays of it is gone after a day.
      if (isRefused) await uploads.forget(source).catch(() => undefined);
      throw error;
    }
  };

  return {
    take,
    async settle(asked, digest) {
      if (!(await artifacts.has(digest))) await take(asked);
      await uploads.forget(asked.source);
    },
    remove: (digest) => artifacts.remove(digest),
  };
};
