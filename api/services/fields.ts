import * as z from 'zod';
import { Description, Name, NewThrottle, Throttle } from '../contract';

const MAX_COLUMN_RULES = 500;
const capture = {
  sample: z.number().min(0).max(1),
  columns: z
    .record(z.string().min(1).max(256), z.enum(['drop', 'mask', 'hash']))
    .refine((columns) => Object.keys(columns).length <= MAX_COLUMN_RULES, {
      error: `at most ${MAX_COLUMN_RULES} columns`,
    })
    .meta({ maxProperties: MAX_COLUMN_RULES }),
  client_ip: z.boolean(),
  when: z.enum(['after', 'before']),
};

const Days = z.int().min(1).max(36_500).nullable();
const retention = { requests_days: Days, rows_days: Days, labels_days: Days };

const plain = {
  description: Description,
  auth: z.boolean(),
  max_rows: z.int().min(1).max(10_000),
  max_queue: z.int().min(1).max(100_000),
  timeout_ms: z.int().min(100).max(29_000),
  cors_origins: z
    .array(
      z
        .string()
        .max(256)
        .regex(
          /^(\*|https?:\/\/(\[::1\]|[A-Za-z0-9.-]+)(:\d{1,5})?)$/,
          'an origin such as https://example.org, or *',
        ),
    )
    .max(20),
  positional: z.boolean(),
};

/** The kind of a service that is to be made. */
export const Kind = z.literal('ml', { error: 'only services of kind ml can be served yet' });

/** What operators say of a service; what they leave out has its default. */
export const settings = {
  description: plain.description.default(''),
  auth: plain.auth.default(true),
  throttle: NewThrottle.default({ rate: 100, burst: 200, quota: null }),
  capture: z
    .strictObject({
      sample: capture.sample.default(1),
      columns: capture.columns.default({}),
      client_ip: capture.client_ip.default(false),
      when: capture.when.default('after'),
    })
    .default({ sample: 1, columns: {}, client_ip: false, when: 'after' }),
  retention: z
    .strictObject({
      requests_days: Days.default(null),
      rows_days: Days.default(null),
      labels_days: Days.default(null),
    })
    .default({ requests_days: null, rows_days: null, labels_days: null }),
  max_rows: plain.max_rows.default(512),
  max_queue: plain.max_queue.default(1000),
  timeout_ms: plain.timeout_ms.default(25_000),
  cors_origins: plain.cors_origins.default([]),
  positional: plain.positional.default(false),
};

/** What may be changed of a service: what is left out stays, also inside `capture` and the like. */
export const settingsPatch = z
  .strictObject({
    ...plain,
    throttle: Throttle.partial(),
    capture: z.strictObject(capture).partial(),
    retention: z.strictObject(retention).partial(),
  })
  .partial();

/** The same, as they are answered. */
export const settingsView = {
  ...plain,
  throttle: Throttle,
  capture: z.object(capture),
  retention: z.object(retention),
};

const Type = z
  .string()
  .max(64)
  .regex(/^[a-z0-9]+(\.[a-z0-9-]+)*$/, 'an instance type such as ml.m5.large');
const Count = z.int().min(1).max(100);

const Scaling = z
  .strictObject({
    by: z.enum(['invocations', 'concurrency']),
    target: z.int().min(1).max(1_000_000),
  })
  .meta({
    description:
      'What each instance aims at: invocations a minute, or requests at once; 1,000 invocations unless told',
  });

/** Where a version runs. */
export const Compute = z.union(
  [
    z.strictObject({
      serverless: z.strictObject({
        memory_mb: z.int().min(1024).max(6144).multipleOf(1024),
        concurrency: z.int().min(1).max(200),
      }),
    }),
    z.strictObject({ instances: z.strictObject({ type: Type, count: Count }) }),
    z.strictObject({
      instances: z
        .strictObject({ type: Type, min: Count, max: Count, scaling: Scaling.optional() })
        .refine(({ min, max }) => min <= max, { error: 'min is more than max' }),
    }),
  ],
  {
    error:
      'one of {serverless: {memory_mb, concurrency}}, {instances: {type, count}}, {instances: {type, min, max, scaling?: {by, target}}}',
  },
);

const MAX_VARIABLES = 50;
const MAX_ENVIRONMENT = 16_384;

/** Environment variables of a version's model, by name. */
export const Environment = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,127}$/, 'the name of an environment variable'),
    z
      .string()
      .max(4096)
      .refine((text) => !text.includes('\0'), { error: 'no NUL' }),
  )
  .refine((variables) => Object.keys(variables).length <= MAX_VARIABLES, {
    error: `at most ${MAX_VARIABLES} variables`,
  })
  .refine((variables) => Object.entries(variables).flat().join('').length <= MAX_ENVIRONMENT, {
    error: `at most ${MAX_ENVIRONMENT} characters together`,
  })
  .meta({ maxProperties: MAX_VARIABLES });

/** A registered version of a model. */
export const ModelRef = z.strictObject({ name: Name, version: z.int().min(1) });

/** What operators say of a version, besides its model. */
export const versionSettings = {
  description: Description.default(''),
  compute: Compute.default({ serverless: { memory_mb: 2048, concurrency: 10 } }),
  environment: Environment.default({}),
};
