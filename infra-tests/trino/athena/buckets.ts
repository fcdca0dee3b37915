import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Refusal } from './refusal';

/** Buckets as local folders, absolute: each its own, or all that are in one folder when they are asked for. */
export type BucketFolders = Readonly<Record<string, string>> | { readonly allIn: string };

export interface Buckets {
  readonly folderOf: (uri: string) => string;
  /** How Trino names what `s3://bucket/key` names. @throws a refusal for a bucket that is none */
  readonly locationOf: (uri: string) => string;
  /** A text with Trino's names of files turned back into `s3://…`. */
  readonly toUris: (text: string) => string;
}

export const bucketsIn = (
  folders: BucketFolders,
  locationOf: (folder: string) => string,
): Buckets => {
  const { find, names } = isTogether(folders) ? together(folders.allIn) : apart(folders);
  const folderOf = (uri: string): string => {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
    const folder = find(bucket);
    if (!folder || key.split('/').includes('..')) {
      throw new Refusal('The specified bucket does not exist');
    }
    return join(folder, key);
  };
  return {
    folderOf,
    locationOf: (uri) => locationOf(folderOf(uri)),
    toUris(text) {
      let told = text;
      for (const [folder, uri] of names) {
        for (const name of [locationOf(folder), `file:${folder}`]) {
          told = told.replaceAll(name, uri);
        }
      }
      return told;
    },
  };
};

interface Found {
  readonly find: (bucket: string) => string | undefined;
  /** Folders as they stand in texts, and what stands for them in S3's. */
  readonly names: readonly (readonly [string, string])[];
}

const isTogether = (folders: BucketFolders): folders is { readonly allIn: string } =>
  typeof folders.allIn === 'string';

const together = (folder: string): Found => ({
  find(bucket) {
    const found = join(folder, bucket);
    return !bucket.startsWith('.') && existsSync(found) ? found : undefined;
  },
  names: [[`${folder}/`, 's3://']],
});

const apart = (folders: Readonly<Record<string, string>>): Found => ({
  find: (bucket) => folders[bucket],
  names: Object.entries(folders).map(([bucket, folder]) => [folder, `s3://${bucket}`]),
});
