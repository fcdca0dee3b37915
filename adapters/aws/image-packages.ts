import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CONTAINER_DATA, CONTAINER_FILE } from '../../core/models/container';
import type { AskedImage } from '../../core/models/model-version';
import type { FetchedPackage, PackageSources } from '../../core/models/package-source';

interface Needs {
  readonly sources: PackageSources;
  /** The folder that packages are brought into, those of `sources` as well. */
  readonly scratch: string;
}

/**
 * Adds images to other sources: an image, what is said of it and its data become a package like any
 * other, so that its digest covers all of them.
 */
export const withImages = ({ sources, scratch }: Needs): PackageSources => {
  const fetchImage = async ({ uri, ...said }: AskedImage): Promise<FetchedPackage> => {
    const data = said.data ? await sources.fetch(said.data) : null;
    const folder = await mkdtemp(join(scratch, 'image-'));
    const release = async (): Promise<void> => {
      await rm(folder, { recursive: true, force: true });
      await data?.release();
    };
    try {
      await writeFile(join(folder, CONTAINER_FILE), textOf({ uri, ...said }));
      if (data) await rename(data.folder, join(folder, CONTAINER_DATA));
    } catch (error) {
      await release();
      throw error;
    }
    const from = said.data && { data: said.data };
    return { folder, source: { image: { uri, ...from } }, release };
  };

  return {
    fetch: async (source, options) =>
      'image' in source ? fetchImage(source.image) : sources.fetch(source, options),
  };
};

/** The same text for the same registration, in whatever order its variables come. */
const textOf = ({ uri, environment = {}, signature }: AskedImage): string => {
  const variables = Object.entries(environment).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({
    image: uri,
    environment: Object.fromEntries(variables),
    ...(signature !== undefined && { signature }),
  });
};
