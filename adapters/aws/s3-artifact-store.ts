import { createReadStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  type S3Client,
} from '@aws-sdk/client-s3';
import type { ArtifactStore } from '../../core/models/artifact-store';
import { parseManifest } from '../../core/models/package-manifest';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import { downloadObject, isObjectThere } from './s3-objects';

interface Needs {
  readonly client: S3Client;
  readonly bucket: string;
  /** On the disk of this process: what was opened once is not fetched again. */
  readonly local: ArtifactStore;
  /** The text that a folder's digest is made of. */
  readonly manifestOf: (folder: string) => Promise<string>;
}

/** Where a package lies as files: what SageMaker is given to load. */
export const packagePrefix = (digest: string): string => `packages/${hexOf(digest)}/`;

/** Written last, so that a package with a manifest is whole; beside the files, for these are all the model's. */
const manifestKey = (digest: string): string => `manifests/${hexOf(digest)}`;

interface S3ArtifactStore extends ArtifactStore {
  /** Whether a package is there, and whole. */
  has(digest: string): Promise<boolean>;
}

/** Packages in a bucket: `packages/<digest>/…` and `manifests/<digest>`. */
export const s3ArtifactStore = ({ client, bucket, local, manifestOf }: Needs): S3ArtifactStore => {
  const at = (Key: string) => ({ Bucket: bucket, Key });
  const has = async (digest: string) => isObjectThere(client, at(manifestKey(digest)));

  const readManifest = async (digest: string): Promise<string | undefined> => {
    try {
      const { Body } = await client.send(new GetObjectCommand(at(manifestKey(digest))));
      return await Body?.transformToString();
    } catch (error) {
      if (error instanceof NoSuchKey) return undefined;
      throw error;
    }
  };

  const fetched = (digest: string, path: string, to: string): Promise<void> =>
    downloadObject(client, at(packagePrefix(digest) + path), to).catch((error: unknown) => {
      throw error instanceof NoSuchKey ? changed(path) : error;
    });

  /** Brings a package into `local`. */
  const fetchPackage = async (digest: string): Promise<void> => {
    const manifest = await readManifest(digest);
    if (manifest === undefined) {
      throw new DomainError('not-found', `no model package ${digest}: register it again`);
    }
    const draft = await mkdtemp(join(tmpdir(), 'package-'));
    try {
      const files = parseManifest(manifest);
      for (const { path } of files) await fetched(digest, path, join(draft, path));
      const found = parseManifest(await manifestOf(draft));
      const wanted = new Map(files.map(({ path, sha256 }) => [path, sha256]));
      const other = found.find(({ path, sha256 }) => wanted.get(path) !== sha256);
      if (other) throw changed(other.path);
      const put = await local.put(draft);
      if (put.digest !== digest) throw changed('its manifest');
    } finally {
      await rm(draft, { recursive: true, force: true });
    }
  };

  return {
    async put(folder) {
      const { digest, size } = await local.put(folder);
      // What counts is what was copied, should a file change meanwhile.
      const copy = await local.open(digest);
      const manifest = await manifestOf(copy);
      const prefix = packagePrefix(digest);
      for (const { path, bytes } of parseManifest(manifest)) {
        const Body = createReadStream(join(copy, path));
        const put = new PutObjectCommand({ ...at(prefix + path), Body, ContentLength: bytes });
        await client.send(put);
      }
      await client.send(new PutObjectCommand({ ...at(manifestKey(digest)), Body: manifest }));
      return { digest, size };
    },

    has,

    async open(digest) {
      try {
        const folder = await local.open(digest);
        // It may have been removed by another process.
        if (await has(digest)) return folder;
        await local.remove(digest);
      } catch (error) {
        if (!isDomainError(error) || error.kind !== 'not-found') throw error;
      }
      await fetchPackage(digest);
      return local.open(digest);
    },

    async remove(digest) {
      const manifest = await readManifest(digest);
      await local.remove(digest);
      if (manifest === undefined) return;
      // First what says that it is there: a half-removed package is none.
      await client.send(new DeleteObjectCommand(at(manifestKey(digest))));
      for (const { path } of parseManifest(manifest)) {
        await client.send(new DeleteObjectCommand(at(packagePrefix(digest) + path)));
      }
    },
  };
};

const hexOf = (digest: string): string => {
  const hex = /^sha256:([0-9a-f]{64})$/.exec(digest)?.[1];
  if (hex === undefined) throw new DomainError('not-found', 'that is no digest of a package');
  return hex;
};

const changed = (file: string): Error =>
  new Error(`a stored model package was changed in S3 (${file}): register the model again`);
