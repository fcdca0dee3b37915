import * as z from 'zod';
import {
  type Contract,
  IfMatch,
  Name,
  NewThrottle,
  PageQuery,
  pageOf,
  Stamps,
  Throttle,
  Time,
} from '../contract';
import type { RouteOf } from '../routes';

const Scope = z.enum(['predict', 'labels']);
const Role = z.enum(['viewer', 'editor', 'admin']);
const Id = z.string().min(1).max(64);

const OperatorName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._@+=,-]{0,63}$/, 'letters, digits and . _ @ + = , -, at most 64');

const Key = z.object({
  id: Id,
  service: Name,
  name: Name,
  scopes: z.array(Scope).readonly(),
  status: z.enum(['active', 'revoked']),
  throttle: Throttle.nullable(),
  expires_at: Time.nullable(),
  last_used_at: Time.nullable(),
  ...Stamps.shape,
});

const KeyWithText = Key.extend({
  key: z.string().describe('The key itself, shown this once'),
});

const Me = z.object({ id: Id, name: OperatorName, role: Role, data: z.boolean() });
const Operator = Me.extend(Stamps.shape);
const OperatorWithToken = Operator.extend({
  token: z.string().describe('The token itself, shown this once'),
});

const AuditEntry = z.object({
  id: Id,
  time: Time,
  operator: z.string().describe('The name of who did it'),
  action: z.string().describe("The route's name: setTraffic"),
  resource: z.string().describe('The path'),
  detail: z.string().optional().describe('What was asked for: a statement'),
  status: z.int(),
  request_id: z.string(),
});

const ofService = z.object({ service: Name });
const ofKey = z.object({ service: Name, key: Id });
const ofOperator = z.object({ operator: Id });

/** What the routes of keys, operators, sessions and the audit take and give. */
export const accessContracts = {
  listKeys: {
    summary: 'Keys of a service, revoked ones too, oldest first',
    status: 200,
    input: z.object({ path: ofService, query: PageQuery }),
    answer: pageOf(Key),
  },
  createKey: {
    summary: 'Make a key; the answer holds it, once',
    status: 201,
    input: z.object({
      path: ofService,
      body: z.strictObject({
        name: Name,
        scopes: z
          .array(Scope)
          .min(1)
          .max(2)
          .transform((scopes) => [...new Set(scopes)])
          .default(['predict']),
        throttle: NewThrottle.nullable().default(null),
        expires_at: Time.nullable().default(null),
      }),
    }),
    answer: KeyWithText,
  },
  rotateKey: {
    summary: 'Give a key a new text; the old one opens for grace_s seconds more',
    status: 200,
    input: z.object({
      path: ofKey,
      headers: IfMatch,
      body: z
        .strictObject({ grace_s: z.int().min(0).max(2_592_000).default(0) })
        .default({ grace_s: 0 }),
    }),
    answer: KeyWithText,
  },
  revokeKey: {
    summary: 'Revoke a key at once',
    status: 200,
    input: z.object({ path: ofKey, headers: IfMatch }),
    answer: Key,
  },
  getMe: {
    summary: 'Who is asking',
    status: 200,
    input: z.object({}),
    answer: Me,
  },
  createSession: {
    summary: 'Sign in with the one-time code of a sign-in link; sets the session cookie',
    status: 201,
    input: z.object({ body: z.strictObject({ code: z.string().min(1).max(128) }) }),
    answer: z.object({ operator: Me, expires_at: Time }),
  },
  admitCaller: {
    summary:
      'Sign in with AWS credentials, in the AWS home: the request is signed (SigV4), IAM decides who may have the role; the token lasts 12 hours',
    status: 201,
    input: z.object({ path: z.object({ role: z.enum(['viewer', 'editor', 'admin']) }) }),
    answer: z.object({ operator: Me, token: z.string(), expires_at: Time }),
  },
  endSession: {
    summary: 'Sign out',
    status: 204,
    input: z.object({ headers: z.object({ cookie: z.string().max(16_384).optional() }) }),
    answer: null,
  },
  listOperators: {
    summary: 'Operators',
    status: 200,
    input: z.object({ query: PageQuery }),
    answer: pageOf(Operator),
  },
  createOperator: {
    summary: 'Admit an operator; the answer holds the token, once',
    status: 201,
    input: z.object({
      body: z.strictObject({ name: OperatorName, role: Role, data: z.boolean().default(false) }),
    }),
    answer: OperatorWithToken,
  },
  rotateOperator: {
    summary: 'Give an operator a new token; the old one and its sessions end',
    status: 200,
    input: z.object({ path: ofOperator, headers: IfMatch }),
    answer: OperatorWithToken,
  },
  deleteOperator: {
    summary: 'Remove an operator; the token and its sessions end',
    status: 204,
    input: z.object({ path: ofOperator, headers: IfMatch }),
    answer: null,
  },
  listAudit: {
    summary: 'Who changed or looked at what, newest first',
    status: 200,
    input: z.object({ query: PageQuery }),
    answer: pageOf(AuditEntry),
  },
} as const satisfies Record<RouteOf<'access'>, Contract>;
