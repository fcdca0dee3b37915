import * as z from 'zod';
import { NAME_PATTERN } from '../core/shared/names';

/** What a route takes and gives: it validates requests and it is the OpenAPI document. */
export interface Contract {
  readonly summary: string;
  readonly status: 200 | 201 | 202 | 204;
  /** What of `path`, `query`, `headers` and `body` the endpoint reads. */
  readonly input: z.ZodObject;
  /** What is answered; null for 204. */
  readonly answer: z.ZodType | null;
  /** What is answered with 202 when it takes longer. */
  readonly later?: z.ZodType;
  /** Media types of an answer that is no JSON. */
  readonly content?: readonly string[];
  /** What lies at the address that 303 names, where it is answered. */
  readonly elsewhere?: string;
  /** Statuses of problems beside those that routes of its kind have. */
  readonly problems?: readonly number[];
}

/** Of services, versions, models and keys. */
export const Name = z.string().regex(NAME_PATTERN, 'lower-case letters, digits and hyphens, 2–32');
/** RFC 3339, with a zone. */
export const Time = z.iso.datetime({ offset: true });
/** What people say of a resource. */
export const Description = z.string().max(1000);

/** `If-Match: "3"`. */
export const IfMatch = z.object({
  'if-match': z
    .string()
    .regex(/^"\d{1,15}"$/, 'a revision in double quotes')
    .transform((tag) => Number(tag.slice(1, -1)))
    .optional(),
});

/** What every list takes. */
export const PageQuery = z.object({
  limit: z.coerce.number().int().min(1).max(1000).default(100),
  cursor: z.string().min(1).max(256).optional(),
});

/** What every list answers. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({ items: z.array(item), next_cursor: z.string().nullable() });

/** What every resource has: who made it, when, and the revision for `If-Match`. */
export const Stamps = z.object({
  created_by: z.string(),
  created_at: Time,
  updated_at: Time,
  revision: z.int(),
});

/** Requests per second, how many at once, and how many a UTC day, week from Monday or month. */
export const Throttle = z.strictObject({
  rate: z.number().positive().max(1_000_000),
  burst: z.int().min(1).max(1_000_000),
  quota: z
    .strictObject({
      limit: z.int().min(1).max(1_000_000_000_000),
      period: z.enum(['day', 'week', 'month']),
    })
    .nullable(),
});

/** A throttle as it is asked for: without a quota unless it names one. */
export const NewThrottle = Throttle.extend({ quota: Throttle.shape.quota.default(null) });
