import type * as z from 'zod';
import type { Operator } from '../core/access/access-types';
import { DomainError } from '../core/shared/domain-error';
import type { Contract } from './contract';
import type { contracts } from './contracts';
import type { Endpoint, HttpRequest, HttpResponse } from './http';
import { PROTO_REFUSED, protoMembers } from './proto-members';
import type { Capability, Endpoints, RouteName, RouteOf } from './routes';

type AnswerOf<N extends RouteName> = (typeof contracts)[N]['answer'] extends z.ZodType
  ? z.input<(typeof contracts)[N]['answer']>
  : null;

/** What an endpoint gets: the checked input and who asks. */
export type Input<N extends RouteName> = z.output<(typeof contracts)[N]['input']> & {
  /** Only routes with `access: 'anyone'` are run without one. */
  readonly operator: Operator;
  readonly requestId: string;
  readonly caller: HttpRequest['caller'];
};

/** What an endpoint answers: the body, or the body with headers of its own. */
type Run<N extends RouteName> = (
  input: Input<N>,
) => Promise<AnswerOf<N> | Headed<AnswerOf<N>> | Later | Streamed | Elsewhere>;

/** A body with headers beside the usual ones. */
export class Headed<T> {
  readonly body: T;
  readonly headers: Readonly<Record<string, string>>;
  constructor(body: T, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}

/** What is answered with 202, of a thing that goes on. */
export class Later {
  readonly body: object;
  constructor(body: object) {
    this.body = body;
  }
}

/** An answer in pieces, of one of the media types of its contract. */
export class Streamed {
  readonly body: AsyncIterable<Uint8Array>;
  readonly headers: Readonly<Record<string, string>>;
  constructor(body: AsyncIterable<Uint8Array>, headers: Readonly<Record<string, string>>) {
    this.body = body;
    this.headers = headers;
  }
}

/** What is to be fetched from somewhere else: 303. */
export class Elsewhere {
  readonly url: string;
  constructor(url: string) {
    this.url = url;
  }
}

/** What each route of a capability does, without what every route does. */
export type Runs<C extends Capability> = { readonly [N in RouteOf<C>]: Run<N> };

/** The contracts of a capability's routes. */
type Contracts<C extends Capability> = Readonly<Record<RouteOf<C>, Contract>>;

/**
 * Wraps what each route does in what every route does: parse, run, answer. It is given the contracts,
 * because a function of one capability carries no others.
 */
export const endpoints = <C extends Capability>(given: Contracts<C>, runs: Runs<C>): Endpoints<C> =>
  Object.fromEntries(
    Object.entries(runs).map(([name, run]) => [
      name,
      endpoint(given[name as RouteOf<C>], run as (input: never) => Promise<unknown>),
    ]),
  ) as Endpoints<C>;

const JSON_TYPE = { 'content-type': 'application/json' };

const endpoint = (
  { input, status }: Contract,
  run: (input: never) => Promise<unknown>,
): Endpoint => {
  return async (request): Promise<HttpResponse> => {
    const { path, query, headers, operator, requestId, caller } = request;
    const parsed = input.safeParse({ path, query, headers, body: json(request) });
    if (!parsed.success) throw badRequest(parsed.error);
    const answer = await run({ ...parsed.data, operator, requestId, caller } as never);
    if (answer instanceof Later) return { status: 202, headers: JSON_TYPE, body: answer.body };
    if (answer instanceof Streamed) return { status, headers: answer.headers, body: answer.body };
    if (answer instanceof Elsewhere) {
      return { status: 303, headers: { location: answer.url }, body: null };
    }
    const { body, headers: own } =
      answer instanceof Headed ? answer : { body: answer, headers: {} };
    return {
      status,
      headers: {
        ...(body !== null && JSON_TYPE),
        ...etag(body),
        ...own,
      },
      body: body as object | null,
    };
  };
};

const etag = (body: unknown): Record<string, string> =>
  body !== null && typeof body === 'object' && 'revision' in body
    ? { etag: `"${body.revision}"` }
    : {};

/** All faults at once: their place and the rule, never the value that was sent. */
const badRequest = ({ issues }: z.ZodError): DomainError => {
  const faults = issues.map(({ path, code, message }) => ({
    path: path.map(String).join('.'),
    code,
    message,
  }));
  const first = faults[0];
  const detail = first ? `${first.path}: ${first.message}` : 'the request is not as described';
  const more = issues.length > 1 ? ` (and ${issues.length - 1} more)` : '';
  return new DomainError('bad-request', `${detail}${more}`, { faults });
};

const MAX_DEPTH = 32;

const json = ({ body, headers }: HttpRequest): unknown => {
  if (body.length === 0) return undefined;
  const type = headers['content-type'];
  if (type !== undefined && !/^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(type)) {
    throw new DomainError('unsupported-media-type', 'send application/json in UTF-8');
  }
  const value = parsed(body);
  const faults = protoMembers(value).map((place) => ({
    path: ['body', ...place].join('.'),
    code: 'invalid_key',
    message: PROTO_REFUSED,
  }));
  const [first] = faults;
  if (first) throw new DomainError('bad-request', `${first.path}: ${first.message}`, { faults });
  return value;
};

const parsed = (body: Uint8Array): unknown => {
  try {
    const value: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
    if (depthOf(value) > MAX_DEPTH) throw new RangeError('too deep');
    return value;
  } catch {
    throw new DomainError('malformed-body', `the body is not JSON, or deeper than ${MAX_DEPTH}`);
  }
};

/** Levels of a JSON value, looked at no deeper than needed to say it is too deep. */
const depthOf = (value: unknown, level = 0): number => {
  if (value === null || typeof value !== 'object') return level;
  if (level >= MAX_DEPTH) return level + 1;
  return Object.values(value).reduce<number>(
    (deepest, member) => Math.max(deepest, depthOf(member, level + 1)),
    level + 1,
  );
};
