import { mkdtemp, rm } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { HeadObjectCommand, ListObjectsV2Command, type S3Client } from '@aws-sdk/client-s3';
import type { ModelSource } from '../../core/models/model-version';
import type { FetchedPackage, PackageSources } from '../../core/models/package-source';
import { DomainError } from '../../core/shared/domain-error';
import { downloadObject } from './s3-objects';
import { noSuchUpload, uploadKey } from './s3-uploads';

interface Needs {
  readonly client: S3Client;
  /** Where uploads lie, under `uploads/`. */
  readonly bucket: string;
  /** The folder that packages are brought into. */
  readonly scratch: string;
  /** Makes a package folder of an archive or an `.onnx` file, which it may move; answers the folder. */
  readonly unpack: (file: string, into: string) => Promise<string>;
  /** Brings `models:/…` into a folder and answers it with its number; null without a tracking server. */
  readonly mlflow:
    | ((uri: string, into: string) => Promise<{ readonly folder: string; readonly uri: string }>)
    | null;
}

/** What a function's disk is made for. */
const MAX_BYTES = 2 * 1024 ** 3;
const MAX_FILES = 2_000;

/** Packages from uploads, which stay, from S3 and from MLflow; none from this disk. */
export const s3PackageSources = (needs: Needs): PackageSources => {
  const { client, bucket, unpack, mlflow } = needs;

  /** A folder that goes when the package is stored, or when it cannot be made. */
  const inScratch = async (
    make: (folder: string) => Promise<{ readonly folder: string; readonly source: ModelSource }>,
  ): Promise<FetchedPackage> => {
    const scratch = await mkdtemp(join(needs.scratch, 'fetched-'));
    const remove = () => rm(scratch, { recursive: true, force: true });
    try {
      return { ...(await make(scratch)), release: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  };

  const download = (Bucket: string, Key: string, to: string): Promise<void> =>
    downloadObject(client, { Bucket, Key }, to).catch(unreadable);

  const fromUpload = async (upload: string): Promise<FetchedPackage> => {
    const object = { Bucket: bucket, Key: uploadKey(upload) };
    const { ContentLength = 0 } = await client
      .send(new HeadObjectCommand(object))
      .catch((error: unknown) => {
        throw isGone(error) ? noSuchUpload() : error;
      });
    assertSize(ContentLength);
    return inScratch(async (scratch) => {
      const sent = join(scratch, 'sent');
      await download(object.Bucket, object.Key, sent);
      return { folder: await unpack(sent, join(scratch, 'package')), source: { upload } };
    });
  };

  const fromS3 = async (uri: string): Promise<FetchedPackage> => {
    const [, Bucket = '', Prefix = ''] = /^s3:\/\/([a-z0-9.-]{3,63})\/(.+)$/.exec(uri) ?? [];
    if (Bucket === '')
      throw refused('write an S3 source as s3://bucket/key or s3://bucket/folder/');
    const folder = Prefix.endsWith('/') ? Prefix : `${Prefix}/`;
    const listed = await client
      .send(new ListObjectsV2Command({ Bucket, Prefix: folder, MaxKeys: MAX_FILES + 1 }))
      .catch(unreadable);
    const files = (listed.Contents ?? []).filter(({ Key = '' }) => !Key.endsWith('/'));
    if (files.length > MAX_FILES) throw refused(`${uri} holds more than ${MAX_FILES} files`);
    assertSize(files.reduce((sum, { Size = 0 }) => sum + Size, 0));
    return inScratch(async (scratch) => {
      const source = { s3: uri };
      if (files.length === 0) {
        const sent = join(scratch, posix.basename(Prefix));
        await download(Bucket, Prefix, sent);
        return { folder: await unpack(sent, join(scratch, 'package')), source };
      }
      const into = join(scratch, 'package');
      for (const { Key = '' } of files) {
        const path = Key.slice(folder.length);
        if (posix.normalize(path) !== path || path.startsWith('..')) {
          throw refused('a key of the package leads out of its folder');
        }
        await download(Bucket, Key, join(into, path));
      }
      return { folder: into, source };
    });
  };

  const fromMlflow = async (uri: string): Promise<FetchedPackage> => {
    if (!mlflow)
      throw refused(
        'this home does not read from MLflow yet: download the model, and upload it (the CLI does)',
      );
    return inScratch(async (scratch) => {
      const brought = await mlflow(uri, scratch);
      return { folder: brought.folder, source: { mlflow: brought.uri } };
    });
  };

  return {
    async fetch(source) {
      if ('upload' in source) return fromUpload(source.upload);
      if ('s3' in source) return fromS3(source.s3);
      if ('mlflow' in source) return fromMlflow(source.mlflow);
      throw refused(
        'path' in source
          ? 'a path is somewhere else than this platform runs: upload the package (the CLI does)'
          : 'an image is no package by itself: upload a package',
      );
    },
  };
};

const assertSize = (bytes: number): void => {
  if (bytes > MAX_BYTES) throw refused(`a package may have ${MAX_BYTES} bytes`);
};

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '');

const isGone = (error: unknown): boolean => ['NotFound', 'NoSuchKey'].includes(nameOf(error));

const unreadable = (error: unknown): never => {
  const name = nameOf(error);
  if (isGone(error)) throw refused('there is no such object in S3');
  if (name === 'NoSuchBucket') throw refused('there is no such bucket');
  if (name === 'AccessDenied' || name === 'Forbidden') {
    throw refused('the platform may not read that bucket: name it in the stage, modelBuckets');
  }
  throw error;
};

const refused = (why: string): DomainError => new DomainError('bad-request', why);
