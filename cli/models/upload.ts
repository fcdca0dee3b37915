import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { settled } from '../client';
import { unreached } from '../refusals';
import type { Session } from '../session';
import { size } from '../terminal/numbers';
import type { Progress } from '../terminal/progress';
import type { PackedModel } from './model-package';

const TIMEOUT_MS = 1_800_000;

/** Sends a packed model to a place the platform names; gives the upload's id. */
export const upload = async (
  { call }: Session,
  { file, bytes }: PackedModel,
  progress: Progress,
): Promise<string> => {
  const { upload_id, url, method } = await call('POST /api/uploads', { path: {} });
  const { origin } = new URL(url);
  let sent = 0;
  const body = createReadStream(file).on('data', (chunk) => {
    sent += chunk.length;
    progress.update(`sending ${size(sent)} of ${size(bytes)}`);
  });
  try {
    // The address is its own permission: no credential goes with it, and no message repeats it.
    const response = await fetch(url, {
      method,
      body: Readable.toWeb(body) as ReadableStream,
      duplex: 'half',
      headers: { 'content-length': String(bytes), 'content-type': 'application/octet-stream' },
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((error: unknown) => {
      throw unreached(origin, error, TIMEOUT_MS);
    });
    await settled(origin, response);
  } finally {
    body.destroy();
  }
  progress.update('checking the model');
  return upload_id;
};
