import type { IncomingMessage, ServerResponse } from 'node:http';
import { MAX_BODY, tooLarge } from '../../../api/body-limit';
import { DomainError } from '../../../core/shared/domain-error';

/** A caller must be done with its body within about this time. */
const PATIENCE_MS = 60_000;
const LOOK_MS = 2_000;

const EMPTY = new Uint8Array(0);

const tooSlow = (): DomainError =>
  new DomainError('bad-request', `the body did not come within ${PATIENCE_MS / 1000} s`);

/** Says at once what the length a client announces already decides. @throws `body-too-large` */
export const checkAnnounced = ({ headers }: IncomingMessage): void => {
  if (Number(headers['content-length'] ?? 0) > MAX_BODY) throw tooLarge();
};

/** Tells a caller that asked first that it may send its body. */
export const goOn = (request: IncomingMessage, response: ServerResponse): void => {
  if (request.headers.expect?.toLowerCase() === '100-continue') response.writeContinue();
};

/** Collects a body and hands it over whole. */
export type ReadBody = (
  request: IncomingMessage,
  response: ServerResponse,
  done: (body: Uint8Array) => void,
  fail: (error: unknown) => void,
) => void;

interface Reading {
  readonly request: IncomingMessage;
  looks: number;
  refuse(why: DomainError): void;
}

/**
 * Reads bodies, and now and then looks for those that do not come: a timer for each would cost more
 * than the reading. A caller that goes away before its body is complete is not answered. Fails with
 * `body-too-large`, or `bad-request` for a body that takes over a minute.
 */
export const bodyReader = (): { readonly readBody: ReadBody; stop(): void } => {
  const readings = new Set<Reading>();

  const look = (): void => {
    for (const reading of readings) {
      reading.looks += 1;
      if (reading.request.destroyed) readings.delete(reading);
      else if (reading.looks * LOOK_MS > PATIENCE_MS) reading.refuse(tooSlow());
    }
  };
  const looking = setInterval(look, LOOK_MS);
  looking.unref();

  const readBody: ReadBody = (request, response, done, fail) => {
    let chunks: Buffer[] | null = null;
    let first: Buffer | null = null;
    let size = 0;
    let over = false;
    const refuse = (why: DomainError): void => {
      over = true;
      chunks = null;
      first = null;
      readings.delete(reading);
      fail(why);
    };
    const reading: Reading = { request, looks: 0, refuse };
    readings.add(reading);
    goOn(request, response);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (over) return;
      if (size > MAX_BODY) refuse(tooLarge());
      else if (first === null) first = chunk;
      else {
        chunks ??= [first];
        chunks.push(chunk);
      }
    });
    request.on('end', () => {
      readings.delete(reading);
      if (!over) done(chunks ? Buffer.concat(chunks, size) : (first ?? EMPTY));
    });
  };

  return { readBody, stop: () => clearInterval(looking) };
};
