import type * as z from 'zod';
import type { contracts } from '../api/contracts';
import type { RouteName, routes } from '../api/routes';
import { CliError } from './cli-error';
import type { Send } from './client';
import { filledPath } from './endpoint';
import type { Answered } from './refusals';

type Contracts = typeof contracts;
type RouteText<N extends RouteName> =
  `${(typeof routes)[N]['method']} ${(typeof routes)[N]['path']}`;

/** `GET /api/services/{service}`: a route of the control API. */
export type Call = { [N in RouteName]: RouteText<N> }[RouteName];

type NameOf<C extends Call> = { [N in RouteName]: RouteText<N> extends C ? N : never }[RouteName];
type Answer<T> = T extends z.ZodType ? z.input<T> : null;
type Later<T> = T extends { later: infer L extends z.ZodType } ? z.input<L> : never;

/** What the platform answers to a call. */
export type AnswerTo<C extends Call> =
  | Answer<Contracts[NameOf<C>]['answer']>
  | Later<Contracts[NameOf<C>]>;

type Taken<C extends Call> = z.input<Contracts[NameOf<C>]['input']>;
type Member<T, K extends string> = T extends Record<K, infer V> ? V : never;
type Names<C extends string> = C extends `${string}{${infer N}}${infer Rest}`
  ? Record<N, string> & Names<Rest>
  : unknown;
type Query<C extends Call> =
  Taken<C> extends { query: infer Q }
    ? { readonly query?: { readonly [K in keyof Q]?: string | number | undefined } }
    : unknown;
type Body<C extends Call> =
  Taken<C> extends { body: infer B }
    ? { readonly body: B }
    : Taken<C> extends { body?: infer B }
      ? { readonly body?: Exclude<B, undefined> }
      : unknown;

/** What a call takes: the names in its path, then what its contract says. */
export type Taking<C extends Call> = { readonly path: Names<C> } & Query<C> &
  Body<C> & {
    /** The revision the change was thought up for. */
    readonly ifMatch?: number;
    readonly timeoutMs?: number;
    /** Aborted, the call is given up: what it asked for may go on. */
    readonly signal?: AbortSignal;
  };

/** An item of a list that a call answers. */
export type ItemOf<C extends Call> = Member<AnswerTo<C>, 'items'> extends (infer I)[] ? I : never;

/** Calls a route of the control API; rejects with a CliError when it is refused. */
export type CallApi = <const C extends Call>(call: C, taking: Taking<C>) => Promise<AnswerTo<C>>;

interface Loose {
  readonly path: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
  readonly ifMatch?: number;
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** The control API, its paths, inputs and answers typed by the platform's own contracts. */
export const controlApi =
  (send: Send): CallApi =>
  async <C extends Call>(call: C, taking: Taking<C>): Promise<AnswerTo<C>> => {
    const { path, query, body, ifMatch, timeoutMs, signal } = taking as Loose;
    const [method = '', route = ''] = call.split(' ');
    const answer = await send({
      method,
      path: filledPath(route, path),
      query,
      headers: {
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...(ifMatch !== undefined && { 'if-match': `"${ifMatch}"` }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(timeoutMs !== undefined && { timeoutMs }),
      ...(signal && { signal }),
    });
    return (answer.status === 204 ? null : jsonOf(answer)) as AnswerTo<C>;
  };

/** @throws CliError when the answer is not JSON, so not the platform's */
export const jsonOf = ({ text, headers }: Answered): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    const kind = headers.get('content-type') ?? 'nothing';
    throw new CliError(`the answer is ${kind}, not JSON: is it another server?`);
  }
};
