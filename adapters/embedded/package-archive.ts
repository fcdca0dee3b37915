import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, open, readdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { Parser } from 'tar/parse';
import type { ReadEntry } from 'tar/read-entry';
import { Unpack } from 'tar/unpack';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import { orFullDisk } from './full-disk';
import { MAX_BYTES, MAX_FILES } from './package-folder';

/**
 * Makes a package folder of what somebody sent: a tar, plain or gzipped, with the package at its
 * root or in one folder, or an `.onnx` file.
 * @throws `bad-request` for links, paths that lead outside, what is no archive, and too much of it;
 * `unavailable` when the disk is full
 */
export const unpack = async (file: string, into: string, maxBytes = MAX_BYTES): Promise<string> => {
  const head = await firstBytes(file);
  if (head.length === 0) throw refused('nothing was sent');
  await mkdir(into, { recursive: true });
  if (head[0] === 0x50 && head[1] === 0x4b) {
    throw refused(
      'a zip was sent: send a tar.gz of the MLflow directory, or the .onnx file itself',
    );
  }
  const gzipped = head[0] === 0x1f && head[1] === 0x8b;
  if (!gzipped && head.toString('latin1', 257, 262) !== 'ustar') {
    await rename(file, join(into, 'model.onnx'));
    return into;
  }
  await untar(file, into, gzipped, maxBytes);
  return packageIn(into);
};

/**
 * Looks at all of an archive before anything of it is written: what an unpacker has begun cannot be
 * taken back in order.
 */
const untar = async (
  file: string,
  into: string,
  gzipped: boolean,
  maxBytes: number,
): Promise<void> => {
  let files = 0;
  let fault: DomainError | undefined;
  const reader = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      files += 1;
      if (files > MAX_FILES) fault ??= refused(`the archive holds more than ${MAX_FILES} files`);
      fault ??= faultOf(entry);
      entry.resume();
    },
  });
  const unpacker = new Unpack({
    cwd: into,
    strict: true,
    preserveOwner: false,
    maxDepth: 32,
    // Whatever the archive says, we shall be able to read it.
    filter: (_, entry) => {
      (entry as ReadEntry).mode = 0o755;
      return true;
    },
  });
  try {
    await through(file, gzipped, async (chunks) => {
      await feed(limited(chunks, maxBytes), reader, 'end', () => fault);
    });
    await through(file, gzipped, (chunks) => feed(chunks, unpacker, 'close', () => undefined));
  } catch (error) {
    const fault = orFullDisk(error);
    if (isDomainError(fault)) throw fault;
    throw refused(`the archive cannot be unpacked (${(error as Error).message.slice(0, 200)})`);
  }
};

type Chunks = AsyncIterable<Buffer>;

const through = (file: string, gzipped: boolean, sink: (chunks: Chunks) => Promise<void>) =>
  gzipped
    ? pipeline(createReadStream(file), createGunzip(), sink)
    : pipeline(createReadStream(file), sink);

/** A small archive may unpack into anything: it is stopped while it does. */
async function* limited(chunks: Chunks, maxBytes: number): AsyncGenerator<Buffer> {
  let size = 0;
  for await (const chunk of chunks) {
    size += chunk.length;
    if (size > maxBytes) throw refused(`the archive unpacks to more than ${maxBytes} bytes`);
    yield chunk;
  }
}

/** tar's streams look like Node's but do not end like them, so `pipeline` would wait for ever. */
const feed = async (
  chunks: Chunks,
  target: Parser,
  last: 'end' | 'close',
  faultSoFar: () => DomainError | undefined,
): Promise<void> => {
  const done = new Promise<void>((resolve, reject) => {
    target.once(last, resolve);
    target.once('error', reject);
  });
  // Told when it is awaited below.
  done.catch(() => undefined);
  for await (const chunk of chunks) {
    if (!target.write(chunk)) await Promise.race([once(target, 'drain'), done]);
    const fault = faultSoFar();
    if (fault) throw fault;
  }
  target.end();
  await done;
  const fault = faultSoFar();
  if (fault) throw fault;
};

const PLAIN = new Set(['File', 'OldFile', 'ContiguousFile', 'Directory']);

const faultOf = ({ path, type }: ReadEntry): DomainError | undefined => {
  const parts = path.split(/[/\\]/);
  if (PLAIN.has(type) && !path.startsWith('/') && !parts.includes('..')) return undefined;
  return refused('the archive holds a link, a device or a path that leads outside');
};

/** What macOS and its tar add. */
const isNoise = (name: string): boolean => name === '__MACOSX' || name.startsWith('._');

const packageIn = async (folder: string): Promise<string> => {
  const entries = (await readdir(folder, { withFileTypes: true })).filter(
    ({ name }) => !isNoise(name),
  );
  const [only, ...others] = entries;
  return only?.isDirectory() && others.length === 0 ? join(folder, only.name) : folder;
};

const firstBytes = async (path: string): Promise<Buffer> => {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
};

const refused = (why: string): DomainError => new DomainError('bad-request', why);
