import * as z from 'zod';
import { MAX_VERSIONS } from '../../core/services/service';
import {
  type Contract,
  Description,
  IfMatch,
  Name,
  PageQuery,
  pageOf,
  Stamps,
  Time,
} from '../contract';
import {
  Compute,
  Environment,
  Kind,
  ModelRef,
  settings,
  settingsPatch,
  settingsView,
  versionSettings,
} from './fields';

const NewVersion = z.strictObject({
  model: ModelRef,
  ...versionSettings,
  start: z.boolean().default(true),
});

const ServiceStatus = z.enum([
  'draft',
  'starting',
  'running',
  'updating',
  'stopping',
  'stopped',
  'failed',
]);

const Service = z.object({
  name: Name,
  kind: z.enum(['ml', 'llm']),
  status: ServiceStatus,
  status_reason: z.string().nullable(),
  ...settingsView,
  traffic: z.record(Name, z.int().min(1).max(100)),
  versions_running: z.int(),
  versions_total: z.int(),
  managed_by: z.enum(['api', 'manifest']),
  url: z.string(),
  ...Stamps.shape,
});

const Version = z.object({
  id: z.string(),
  service: Name,
  name: Name,
  description: Description,
  status: z.enum(['starting', 'running', 'updating', 'stopping', 'stopped', 'failed']),
  status_reason: z.string().nullable(),
  model: ModelRef,
  compute: Compute,
  /** Names only: values may be secrets, and viewers see this. */
  environment_names: z.array(z.string()),
  traffic: z.int().min(0).max(100),
  replicas: z.object({ wanted: z.int(), running: z.int() }),
  cost: z
    .object({
      billing_mode: z.enum(['none', 'per-hour', 'per-use']),
      per_hour: z.number().nullable(),
      currency: z.literal('USD'),
      priced_at: z.iso.date().nullable(),
    })
    .meta({ description: 'An estimate. The embedded home costs nothing: `none`, 0 an hour.' }),
  ...Stamps.shape,
});

const Instance = z.object({
  id: z.string(),
  version: Name,
  status: z.enum(['waiting', 'running', 'failed']),
  restarts: z.int(),
  started_at: Time.nullable(),
  cpu_percent: z.number().nullable(),
  memory_bytes: z.number().nullable(),
});

const ServiceEvent = z.object({
  first_seen: Time,
  last_seen: Time,
  level: z.enum(['info', 'warning', 'error']),
  resource_kind: z.enum(['service', 'version', 'key', 'capture']),
  resource_name: z.string(),
  type: z.string(),
  message: z.string(),
  count: z.int(),
});

const LogLine = z.object({
  time: Time,
  level: z.enum(['debug', 'info', 'warning', 'error']),
  version: Name.nullable(),
  instance: z.string().nullable(),
  message: z.string(),
});

const service = z.object({ service: Name });
const version = service.extend({ version: Name });

/** Milliseconds since the epoch. */
const Moment = Time.transform((text) => Date.parse(text)).optional();
const Range = z.object({ from: Moment, to: Moment });

/** Services, their versions, and what can be seen of them. */
export const serviceContracts = {
  listServices: {
    summary: 'Services by name',
    status: 200,
    input: z.object({ query: PageQuery }),
    answer: pageOf(Service),
  },
  createService: {
    summary: 'Create a service; the first of its versions, if there are any, gets all traffic',
    status: 201,
    input: z.object({
      body: z.strictObject({
        name: Name,
        kind: Kind.default('ml'),
        ...settings,
        versions: z
          .record(Name, NewVersion)
          .refine((versions) => Object.keys(versions).length <= MAX_VERSIONS, {
            error: `at most ${MAX_VERSIONS} versions`,
          })
          .meta({ maxProperties: MAX_VERSIONS })
          .default({}),
      }),
    }),
    answer: Service,
  },
  getService: {
    summary: 'One service',
    status: 200,
    input: z.object({ path: service }),
    answer: Service,
  },
  updateService: {
    summary: 'Change what is given of a service; the rest stays',
    status: 200,
    input: z.object({ path: service, headers: IfMatch, body: settingsPatch }),
    answer: Service,
  },
  deleteService: {
    summary: 'Delete a stopped service with its versions, keys, events and logs',
    status: 204,
    input: z.object({
      path: service,
      headers: IfMatch,
      query: z.object({
        purge: z
          .enum(['true', 'false'])
          .default('false')
          .meta({ description: 'Whether its inference tables go too' }),
      }),
    }),
    answer: null,
  },
  startService: {
    summary: 'Start what ran when the service was stopped',
    status: 200,
    input: z.object({ path: service, headers: IfMatch }),
    answer: Service,
  },
  stopService: {
    summary: 'Stop every version',
    status: 200,
    input: z.object({ path: service, headers: IfMatch }),
    answer: Service,
  },
  setTraffic: {
    summary: 'Share traffic out: percent per running version, whole numbers that sum to 100',
    status: 200,
    input: z.object({
      path: service,
      headers: IfMatch,
      body: z.record(Name, z.number()).meta({ examples: [{ v1: 90, v2: 10 }] }),
    }),
    answer: Service,
  },
  listVersions: {
    summary: 'Versions in the order they were added',
    status: 200,
    input: z.object({ path: service, query: PageQuery }),
    answer: pageOf(Version),
  },
  addVersion: {
    summary: 'Add a version and start it; the first one gets all traffic, later ones none',
    status: 201,
    input: z.object({ path: service, body: NewVersion.extend({ name: Name }) }),
    answer: Version,
  },
  getVersion: {
    summary: 'One version',
    status: 200,
    input: z.object({ path: version }),
    answer: Version,
  },
  updateVersion: {
    summary: 'Change what is given of a version; the rest stays',
    status: 200,
    input: z.object({
      path: version,
      headers: IfMatch,
      body: z
        .strictObject({
          description: Description,
          model: ModelRef,
          compute: Compute,
          environment: Environment,
        })
        .partial(),
    }),
    answer: Version,
  },
  deleteVersion: {
    summary: 'Delete a stopped version that gets no traffic',
    status: 204,
    input: z.object({ path: version, headers: IfMatch }),
    answer: null,
  },
  startVersion: {
    summary: 'Start a version of a service that is not stopped',
    status: 200,
    input: z.object({ path: version, headers: IfMatch }),
    answer: Version,
  },
  stopVersion: {
    summary: 'Stop a version that gets no traffic',
    status: 200,
    input: z.object({ path: version, headers: IfMatch }),
    answer: Version,
  },
  listInstances: {
    summary: 'Replicas of a version',
    status: 200,
    input: z.object({ path: version, query: PageQuery }),
    answer: pageOf(Instance),
  },
  restartInstance: {
    summary: 'Replace a replica by a fresh one',
    status: 204,
    input: z.object({ path: version.extend({ instance: z.string().min(1).max(128) }) }),
    answer: null,
  },
  listEvents: {
    summary: 'What happened to a service, last seen first; the latest 500 kinds of it are kept',
    status: 200,
    input: z.object({ path: service, query: PageQuery.extend(Range.shape) }),
    answer: pageOf(ServiceEvent),
  },
  findLogs: {
    summary: 'What replicas printed, oldest first; of the last 24 h unless `from` is given',
    status: 200,
    input: z.object({
      path: service,
      query: PageQuery.extend({
        ...Range.shape,
        version: Name.optional(),
        instance: z.string().min(1).max(128).optional(),
        q: z
          .string()
          .max(256)
          .optional()
          .meta({ description: 'Text the message contains, whatever its case' }),
      }),
    }),
    answer: z.object({
      items: z.array(LogLine),
      next_cursor: z.string().meta({
        description: 'Always given: ask again with it to follow. An empty page is the end for now.',
      }),
    }),
  },
} as const satisfies Record<string, Contract>;
