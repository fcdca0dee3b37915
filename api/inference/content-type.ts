import { DomainError } from '../../core/shared/domain-error';

const CHARSET = /^;\s*charset\s*=\s*"?utf-8"?\s*$/i;

type Headers = Readonly<Record<string, string | undefined>>;

const refuse = (detail: string): DomainError => new DomainError('unsupported-media-type', detail);

const refuseEncoding = (headers: Headers): void => {
  if (headers['content-encoding'] === undefined) return;
  throw refuse('send the body without Content-Encoding');
};

const parts = (type: string): { readonly media: string; readonly rest: string } => {
  const [media = ''] = type.split(';', 1);
  return { media: media.trim().toLowerCase(), rest: type.slice(media.length) };
};

/** How to read a body of `/predict`. @throws `unsupported-media-type` */
export const predictionType = (headers: Headers): 'json' | 'csv' => {
  refuseEncoding(headers);
  const type = headers['content-type'];
  if (type === undefined || type === 'application/json') return 'json';
  const { media, rest } = parts(type);
  if (rest !== '' && !CHARSET.test(rest)) throw refuse('the only charset is UTF-8');
  if (media === 'application/json') return 'json';
  if (media === 'text/csv') return 'csv';
  throw refuse('send application/json or text/csv');
};

/** Checks the headers of an inference-protocol call. @throws `unsupported-media-type` */
export const checkProtocolType = (headers: Headers): void => {
  refuseEncoding(headers);
  const type = headers['content-type'];
  if (type === undefined) return;
  const { media, rest } = parts(type);
  const known = media === 'application/json' || media === 'application/octet-stream';
  if (!known || (rest !== '' && !CHARSET.test(rest))) {
    throw refuse('send application/json, or application/octet-stream with binary tensors');
  }
};
