import * as z from 'zod';
import { LONGEST_DETAIL } from '../../core/access/audit-log';
import { type Contract, Name, PageQuery, pageOf, Time } from '../contract';

const QueryResult = z.object({
  columns: z.array(z.object({ name: z.string(), type: z.string() })),
  rows: z
    .array(z.array(z.unknown()))
    .describe('Whole numbers beyond ±2^53−1 and times as text, NaN as null'),
  truncated: z.boolean().describe('There are more rows: ask for the whole result'),
  query_id: z.string(),
  duration_ms: z.number(),
  scanned_bytes: z.int().nullable().describe('Null where the engine does not tell'),
});

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const RequestIds = z.array(z.string().regex(UUID)).min(1).max(1_000);
const ClientIds = z
  .array(z.string().regex(/^[\x20-\x7E]{1,256}$/))
  .min(1)
  .max(1_000);

/** What a run is asked for goes from hand to hand. */
const MOST_BYTES = 100_000;
const isSmall = (body: object): boolean =>
  new TextEncoder().encode(JSON.stringify(body)).length <= MOST_BYTES;

const Begun = z.object({
  run_id: z.string().describe('For GET /api/services/{service}/tables/runs/{run}'),
});

const Query = z.object({ query: z.string().min(1).max(64) });

/** The tables of what was captured. */
export const tableContracts = {
  listTables: {
    summary: 'The tables there are, with their columns',
    status: 200,
    input: z.object({ query: PageQuery }),
    answer: pageOf(
      z.object({
        name: z.string().describe('As it stands in SQL: inference.wine'),
        service: Name.nullable(),
        columns: z.array(z.object({ name: z.string(), type: z.string() })),
      }),
    ),
  },
  runQuery: {
    summary: 'Ask with a SELECT; what takes over 25 s answers 202 with an id to ask again',
    status: 200,
    input: z.object({
      body: z.strictObject({
        sql: z.string().min(1).max(LONGEST_DETAIL),
        max_rows: z.int().min(1).max(10_000).default(1_000),
        wait_s: z.number().min(0).max(25).default(25).describe('Seconds until 202 is answered'),
      }),
    }),
    answer: QueryResult,
    later: z.object({ query_id: z.string() }),
    problems: [503],
  },
  getQuery: {
    summary: 'Where a query stands, with its result when it has succeeded; waits up to 25 s for it',
    status: 200,
    input: z.object({ path: Query }),
    answer: z.object({
      query_id: z.string(),
      status: z.enum(['running', 'succeeded', 'failed', 'cancelled']),
      result: QueryResult.nullable(),
      error: z.string().nullable(),
    }),
  },
  getQueryResult: {
    summary:
      'All rows of a query that has succeeded, as a file: at home its statement is run again for it; on AWS 303 leads to a CSV, and parquet is refused',
    status: 200,
    input: z.object({
      path: Query,
      query: z.object({ format: z.enum(['csv', 'parquet']).default('csv') }),
    }),
    answer: null,
    content: ['text/csv', 'application/vnd.apache.parquet'],
    elsewhere: 'The file lies at this address, which is its own permission for 5 minutes',
    problems: [409, 503],
  },
  cancelQuery: {
    summary: 'End a query, or what is being made of its result',
    status: 204,
    input: z.object({ path: Query }),
    answer: null,
  },
  refreshTables: {
    summary:
      'Bring all that has been captured until now into the tables of a service; what takes over 25 s answers 202 with an id to ask again',
    status: 200,
    input: z.object({
      path: z.object({ service: Name }),
      body: z
        .strictObject({ from: Time.optional(), to: Time.optional() })
        .optional()
        .describe(
          'Days, all by default, whose labels look again for their rows after 7 days without: by when they were received',
        ),
    }),
    answer: z.object({
      run_id: z.string(),
      status: z.enum(['succeeded']),
      rows: z.int(),
      errors: z.int(),
      labels: z.int(),
    }),
    later: Begun,
    problems: [503],
  },
  getTablesRun: {
    summary: 'Where a refresh or an erasure stands; waits up to 25 s for its end',
    status: 200,
    input: z.object({ path: z.object({ service: Name, run: z.string().regex(UUID, 'a run id') }) }),
    answer: z.object({
      run_id: z.string(),
      kind: z.enum(['refresh', 'erasure']),
      status: z.enum(['running', 'succeeded', 'failed']),
      requests: z
        .int()
        .nullable()
        .describe('Taken out by an erasure; these are null until it ends'),
      rows: z.int().nullable(),
      errors: z.int().nullable(),
      labels: z.int().nullable(),
      error: z.string().nullable(),
    }),
  },
  getTablesStatus: {
    summary: "How far a service's tables are behind",
    status: 200,
    input: z.object({ path: z.object({ service: Name }) }),
    answer: z.object({
      waiting_since: Time.nullable().describe(
        'Since when something captured or labelled is not in the tables; null when all is',
      ),
      built_at: Time.nullable().describe('When something was brought into them last'),
    }),
    problems: [503],
  },
  eraseData: {
    summary:
      'Take whole requests out, with their rows, errors and labels; what takes over 25 s answers 202 with an id to ask again',
    status: 200,
    input: z.object({
      path: z.object({ service: Name }),
      body: z
        .union([
          z.strictObject({ request_ids: RequestIds }),
          z.strictObject({ client_request_ids: ClientIds }),
          z
            .strictObject({
              column: z.string().regex(/^[a-z0-9_]{1,255}$/),
              value: z.union([z.string(), z.number(), z.boolean()]),
            })
            .describe('Every request with a row that has this value in this column of the table'),
        ])
        .refine(isSmall, `${MOST_BYTES} bytes at most: erase in several calls`),
    }),
    answer: z.object({
      erasure_id: z.string(),
      requests: z.int(),
      rows: z.int(),
      errors: z.int(),
      labels: z.int(),
    }),
    later: Begun,
    problems: [503],
  },
} as const satisfies Record<string, Contract>;
