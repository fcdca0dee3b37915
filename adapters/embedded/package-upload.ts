import { createHash, timingSafeEqual } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DomainError, isDomainError } from '../../core/shared/domain-error';
import { orFullDisk } from './full-disk';
import { unpack } from './package-archive';

interface Needs {
  /** For what is sent, until it is registered; emptied at the start. */
  readonly folder: string;
  readonly now: () => Date;
  readonly newId: () => string;
  /** A text that nobody can guess. */
  readonly newToken: () => string;
}

/** Where to send a package to. The address is its own permission. */
export interface UploadPlace {
  readonly upload_id: string;
  readonly url: string;
  readonly method: 'PUT';
}

interface Upload {
  readonly tokenHash: Buffer;
  readonly expiresAt: number;
  state: 'waiting' | 'receiving' | 'received';
}

const LIFETIME_MS = 15 * 60_000;
const MAX_UPLOAD_BYTES = 2 * 1024 ** 3;
const MAX_WAITING = 100;

/**
 * Packages on their way here. They live as long as the process: what was not registered by its end is
 * sent again.
 */
export const uploads = ({ folder, now, newId, newToken }: Needs) => {
  const known = new Map<string, Upload>();
  const placeOf = (id: string) => join(folder, id);
  const empty = rm(folder, { recursive: true, force: true });
  // Told to whoever uploads first.
  empty.catch(() => undefined);

  const forget = async (id: string): Promise<void> => {
    known.delete(id);
    await rm(placeOf(id), { recursive: true, force: true });
  };

  const sweep = async (): Promise<void> => {
    const time = now().getTime();
    for (const [id, { expiresAt, state }] of known) {
      if (expiresAt <= time && state !== 'receiving') await forget(id);
    }
  };

  return {
    /**
     * `baseUrl` is where callers reach this server, without a slash at its end.
     * @throws `overloaded` when too many uploads wait to be registered
     */
    async create(baseUrl: string): Promise<UploadPlace> {
      await sweep();
      if (known.size >= MAX_WAITING) {
        throw new DomainError(
          'overloaded',
          `${MAX_WAITING} uploads wait: register them, or try again when they have expired`,
          {
            retryAfterS: LIFETIME_MS / 1000,
          },
        );
      }
      const id = newId();
      const token = newToken();
      known.set(id, {
        tokenHash: hashOf(token),
        expiresAt: now().getTime() + LIFETIME_MS,
        state: 'waiting',
      });
      return { upload_id: id, url: `${baseUrl}/api/uploads/${id}?token=${token}`, method: 'PUT' };
    },

    /**
     * Takes what is sent, once; after a transfer that broke off it may be sent again.
     * @throws `forbidden` unknown, used, expired or with another token; `body-too-large` over 2 GiB
     */
    async receive(id: string, token: string, body: AsyncIterable<Uint8Array>): Promise<void> {
      await empty;
      await sweep();
      const upload = known.get(id);
      const allowed = timingSafeEqual(upload?.tokenHash ?? hashOf(''), hashOf(token));
      if (!upload || !allowed || upload.state !== 'waiting') {
        throw new DomainError('forbidden', 'this upload is unknown, expired or already used');
      }
      upload.state = 'receiving';
      try {
        await mkdir(placeOf(id), { recursive: true, mode: 0o700 });
        const file = createWriteStream(join(placeOf(id), 'sent'), { mode: 0o600 });
        await pipeline(limited(body), file);
        upload.state = 'received';
      } catch (error) {
        await rm(placeOf(id), { recursive: true, force: true });
        upload.state = 'waiting';
        throw isDomainError(error) ? error : brokenOff(error);
      }
    },

    /**
     * Hands an upload over as a package folder, once; `release` deletes it.
     * @throws `bad-request` nothing was received, or it is no package
     */
    async take(id: string): Promise<{ readonly folder: string; release(): Promise<void> }> {
      await sweep();
      if (known.get(id)?.state !== 'received') {
        throw new DomainError(
          'bad-request',
          `nothing was received as upload ${id}, or it expired or was registered: create another (POST /api/uploads) and send the package to its url`,
        );
      }
      known.delete(id);
      const release = () => rm(placeOf(id), { recursive: true, force: true });
      try {
        const packaged = await unpack(join(placeOf(id), 'sent'), join(placeOf(id), 'package'));
        return { folder: packaged, release };
      } catch (error) {
        await release();
        throw orFullDisk(error);
      }
    },

    /** Forgets what expired, and frees its room. */
    sweep,
  };
};

export type Uploads = ReturnType<typeof uploads>;

const hashOf = (token: string): Buffer => createHash('sha256').update(token).digest();

const limited = async function* (body: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > MAX_UPLOAD_BYTES) {
      throw new DomainError('body-too-large', `an upload takes ${MAX_UPLOAD_BYTES} bytes`);
    }
    yield chunk;
  }
};

const brokenOff = (error: unknown): unknown => {
  const { code } = error as NodeJS.ErrnoException;
  if (code !== 'ECONNRESET' && code !== 'ERR_STREAM_PREMATURE_CLOSE') return orFullDisk(error);
  return new DomainError('bad-request', 'the upload broke off: send it again', { cause: error });
};
