import * as z from 'zod';
import { type Contract, Name, PageQuery, pageOf, Time } from '../contract';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

const CapturedRequest = z.object({
  request_id: z.string(),
  client_request_id: z.string().nullable(),
  request_time: Time,
  service: Name,
  service_version: z.string().nullable(),
  model_name: z.string().nullable(),
  model_version: z.int().nullable(),
  requester: z.string(),
  client_ip: z.string().nullable(),
  role: z.string(),
  primary_request_id: z.string().nullable(),
  split_key_hash: z.string().nullable(),
  status_code: z.int(),
  error_type: z.string().nullable(),
  execution_duration_ms: z.number(),
  model_duration_ms: z.number().nullable(),
  sampling_fraction: z.number(),
  request_format: z.string().nullable(),
  row_count: z.int().nullable(),
  request: z.string().nullable().describe('The text of the body that came in, as it was stored'),
  response: z.string().nullable().describe('The text of the answer'),
  request_bytes: z.int(),
  response_bytes: z.int(),
});

/** Looking captured requests up. */
export const captureContracts = {
  findRequests: {
    summary:
      "A service's captured requests, newest first; a page may hold fewer than its limit, follow next_cursor until it is null",
    status: 200,
    input: z.object({
      path: z.object({ service: Name }),
      query: PageQuery.extend({
        client_request_id: z.string().min(1).max(256).optional(),
        requester: z.string().min(1).max(256).optional(),
        version: Name.optional(),
        status: z.coerce.number().int().min(100).max(599).optional(),
        role: z.enum(['primary', 'shadow', 'compare', 'replay']).optional(),
        primary_request_id: z.string().regex(UUID, 'a request id').optional(),
        from: Time.optional().describe('24 hours before `to` unless told'),
        to: Time.optional().describe('Now unless told'),
        cursor: z.string().regex(UUID, 'the next_cursor of the page before').optional(),
      }),
    }),
    answer: pageOf(CapturedRequest),
  },
  getRequest: {
    summary: 'One captured request: what came in and what went out',
    status: 200,
    input: z.object({
      path: z.object({ service: Name, request_id: z.string().min(1).max(64) }),
    }),
    answer: CapturedRequest,
  },
} as const satisfies Record<string, Contract>;
