import { join } from 'node:path';
import { Refusal } from './refusal';

/** Buckets as local folders. */
export interface Buckets {
  readonly folderOf: (uri: string) => string;
  /** How Trino names what `s3://bucket/key` names. @throws a refusal for a bucket that is none */
  readonly locationOf: (uri: string) => string;
  /** A text with Trino's names of files turned back into `s3://…`. */
  readonly toUris: (text: string) => string;
}

export const bucketsIn = (
  folders: Readonly<Record<string, string>>,
  locationOf: (folder: string) => string,
): Buckets => {
  const folderOf = (uri: string): string => {
    const [, bucket = '', key = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(uri) ?? [];
    const folder = folders[bucket];
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
      for (const [bucket, folder] of Object.entries(folders)) {
        for (const name of [locationOf(folder), `file:${folder}`]) {
          told = told.replaceAll(name, `s3://${bucket}`);
        }
      }
      return told;
    },
  };
};
