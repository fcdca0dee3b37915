import type { IncomingMessage, ServerResponse } from 'node:http';
import { DomainError } from '../../../core/shared/domain-error';

/** The same in both homes, so that nothing breaks on the way to AWS. */
export const MAX_BODY = 4_000_000;

/** A caller must be done with its body within this time. */
const PATIENCE_MS = 60_000;

const EMPTY = new Uint8Array(0);

export const tooLarge = (): DomainError =>
  new DomainError('body-too-large', `a body may have ${MAX_BODY} bytes`);

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

/**
 * Collects a body and hands it over whole. A caller that goes away before it is complete is not
 * answered: `done` is then never called. Fails with `body-too-large`, or `bad-request` for a body that
 * takes over a minute.
 */
export const readBody = (
  request: IncomingMessage,
  response: ServerResponse,
  done: (body: Uint8Array) => void,
  fail: (error: unknown) => void,
): void => {
  let chunks: Buffer[] | null = null;
  let first: Buffer | null = null;
  let size = 0;
  let over = false;
  const refuse = (why: DomainError): void => {
    over = true;
    chunks = null;
    first = null;
    clearTimeout(timer);
    fail(why);
  };
  const timer = setTimeout(() => refuse(tooSlow()), PATIENCE_MS);
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
    clearTimeout(timer);
    if (!over) done(chunks ? Buffer.concat(chunks, size) : (first ?? EMPTY));
  });
  request.on('close', () => clearTimeout(timer));
};
