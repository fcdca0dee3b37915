import * as z from 'zod';
import { type Contract, Description, Name, PageQuery, pageOf, Stamps } from '../contract';
import { Environment } from '../services/fields';

const Num = z.coerce.number().int().min(1).max(999_999_999);

const Upload = z.strictObject({ upload: z.string().min(1).max(64) });
const S3 = z.strictObject({ s3: z.string().min(1).max(2048) });
const plainSources = [
  z.strictObject({ path: z.string().min(1).max(4096) }),
  Upload,
  S3,
  z.strictObject({ mlflow: z.string().min(1).max(2048) }),
] as const;
const image = {
  uri: z.string().min(1).max(512).meta({ description: 'registry/repository@sha256:…' }),
  data: z
    .union([Upload, S3])
    .optional()
    .meta({ description: 'The files that the container finds under /opt/ml/model' }),
};

/** Of an answer. */
const Source = z.union([...plainSources, z.object({ image: z.object(image) })]);

const Fields = z.union([z.string(), z.array(z.looseObject({ type: z.string() })).max(10_000)]);

const AskedImage = z.strictObject(
  {
    ...image,
    environment: Environment.optional(),
    signature: z
      .object({ inputs: Fields, outputs: Fields })
      .optional()
      .meta({ description: 'As MLflow writes it; needed where the data has none' }),
  },
  {
    error: ({ code }) =>
      code === 'unrecognized_keys'
        ? 'an image has uri, environment, signature and data; for no home gives containers a command, and what to log in to a registry with is for its stage to say, privateRegistries'
        : undefined,
  },
);

const AskedSource = z.union([...plainSources, z.strictObject({ image: AskedImage })], {
  error: 'one of {path}, {upload}, {s3}, {mlflow}, {image: {uri, environment, signature, data}}',
});

const Tags = z.record(z.string().min(1).max(128), z.string().max(256));

const Rows = z.object({
  columns: z.array(z.string()).max(10_000).readonly(),
  data: z.array(z.array(z.unknown())).min(1).readonly(),
});

const Probabilities = z.array(z.record(z.string(), z.number())).readonly();

const Answers = z.object({
  predictions: z.array(z.unknown()).min(1).readonly(),
  probabilities: Probabilities.nullable().default(null),
});

const ColumnType = z.enum(['double', 'float', 'integer', 'long', 'string', 'boolean', 'datetime']);

const Signature = z.object({
  inputs: z
    .array(z.object({ name: z.string(), type: ColumnType, required: z.boolean() }))
    .readonly(),
  positional: z.boolean(),
  storage: z.array(z.enum(['float32', 'float64', 'int32', 'int64', 'bool', 'string'])).readonly(),
  matrix: z.boolean(),
  output: z.object({
    type: z.enum(['double', 'long', 'string', 'boolean']),
    width: z.int(),
    classes: z.array(z.string()).readonly().nullable(),
  }),
});

const Expected = z.object({
  input: Rows,
  predictions: z.array(z.unknown()).readonly().nullable(),
  probabilities: Probabilities.nullable(),
  origin: z.enum(['given', 'recorded']),
});

const Model = z.object({ name: Name, latest_version: z.int(), ...Stamps.shape });

const VersionSummary = z.object({
  model: Name,
  version: z.int(),
  flavor: z.string(),
  runtime: z.enum(['onnx', 'mlflow', 'image']),
  digest: z.string(),
  size: z.int(),
  description: z.string(),
  tags: Tags,
  source: Source,
  container: z
    .object({
      image: z.string(),
      /** Names only: values may be secrets, and viewers see this. */
      environment_names: z.array(z.string()),
      data: z.boolean(),
    })
    .nullable()
    .meta({ description: 'The image that runs it; null where none is needed' }),
  ...Stamps.shape,
});

const Version = VersionSummary.extend({ signature: Signature, expected: Expected.nullable() });

const VersionPath = z.object({ model: Name, number: Num });

/** What the routes of models take and give. */
export const modelContracts = {
  listModels: {
    summary: 'Models by name',
    status: 200,
    input: z.object({ query: PageQuery }),
    answer: pageOf(Model),
  },
  getModel: {
    summary: 'A model and a page of its versions, newest first',
    status: 200,
    input: z.object({ path: z.object({ model: Name }), query: PageQuery }),
    answer: Model.extend({ versions: pageOf(VersionSummary) }),
  },
  registerVersion: {
    summary: 'Register the next version of a model',
    status: 201,
    input: z.object({
      path: z.object({ model: Name }),
      body: z.strictObject({
        source: AskedSource,
        description: Description.default(''),
        tags: Tags.default({}),
        expected: Answers.extend({ input: Rows.optional() }).optional(),
      }),
    }),
    answer: Version,
  },
  getModelVersion: {
    summary: 'A version of a model',
    status: 200,
    input: z.object({ path: VersionPath }),
    answer: Version,
  },
  deleteModelVersion: {
    summary: 'Delete a version that no service uses; its number is never used again',
    status: 204,
    input: z.object({ path: VersionPath }),
    answer: null,
  },
  createUpload: {
    summary: 'A place to send a model package to, once, within 15 minutes',
    status: 201,
    input: z.object({}),
    answer: z.object({ upload_id: z.string(), url: z.string(), method: z.literal('PUT') }),
  },
} as const satisfies Record<string, Contract>;
