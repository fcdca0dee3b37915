import type { Operator } from '../core/access/access-types';

/** The little of HTTP that both API Gateway and the embedded server can speak. */
export interface HttpRequest {
  readonly path: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly requestId: string;
  /** Who was authenticated; absent on routes that anyone may call. */
  readonly operator: Operator | null;
  /** The ARN of an AWS caller whose signature the edge has checked. */
  readonly caller?: string | undefined;
}

/** What an endpoint answers. */
export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  /** An object is sent as JSON; null sends nothing; pieces are sent as they come. */
  readonly body: object | string | AsyncIterable<Uint8Array> | null;
}

/** Whether a body comes in pieces. Whoever does not send them all ends their iterator. */
export const isStream = (body: HttpResponse['body']): body is AsyncIterable<Uint8Array> =>
  typeof body === 'object' && body !== null && Symbol.asyncIterator in body;

/** Answers one route; what it throws becomes a problem. */
export type Endpoint = (request: HttpRequest) => Promise<HttpResponse>;
