import { DomainError } from '../../core/shared/domain-error';
import type { EdgeRequest } from './edge';
import { memberIn } from './parse-json';
import { isClientRequestId, type PredictionRequest } from './read-request';

type Called = Pick<EdgeRequest, 'headers'>;

/**
 * A caller's own id may stand in a header; one in the body goes before it.
 * @throws `invalid-input`
 */
export const withHeaderId = (
  request: PredictionRequest,
  { headers }: Called,
): PredictionRequest => {
  const id = headers['x-client-request-id'];
  if (id === undefined) return request;
  if (!isClientRequestId(id)) throw badHeaderId();
  return request.clientRequestId === null ? { ...request, clientRequestId: id } : request;
};

const badHeaderId = (): DomainError =>
  new DomainError(
    'invalid-input',
    'x-client-request-id must be 1 to 256 printable ASCII characters',
  );

/**
 * The caller's own id of a request that was refused before all of it was read: its body is stored, and
 * has to be found and erased by that id like any other.
 */
export const givenId = (
  { headers }: Called,
  body: Uint8Array,
  protocol: 'mlflow' | 'oip-v2',
): string | null => {
  const inBody =
    protocol === 'oip-v2'
      ? memberIn(beforeTensors(body, headers), 'id')
      : memberIn(body, 'client_request_id');
  const inHeader = headers['x-client-request-id'];
  return [inBody, inHeader].find(isClientRequestId) ?? null;
};

/** Tensors as bytes stand behind the JSON. */
const beforeTensors = (body: Uint8Array, headers: EdgeRequest['headers']): Uint8Array => {
  const length = Number(headers['inference-header-content-length']);
  return length <= body.length ? body.subarray(0, length) : body;
};
