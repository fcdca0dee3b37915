import * as z from 'zod';
import { Name } from '../contract';
import { csvExample, inferExample, predictExample } from './examples';

/** A route under `/services/{service}`, as OpenAPI describes it; its bodies are read by hand. */
export interface InferenceContract {
  readonly summary: string;
  readonly method: 'GET' | 'POST';
  readonly path: `/services/{service}${string}`;
  /** `path` and `headers`. */
  readonly input: z.ZodObject;
  /** Bodies by media type; none for GET. */
  readonly bodies: Readonly<Record<string, z.ZodType>>;
  /** Answers by media type. */
  readonly answers: Readonly<Record<string, z.ZodType>>;
  /** What a good answer's status is; 200 by default. */
  readonly status?: 202;
  /** What is answered under 503 while nothing can answer, by media type. */
  readonly notReady?: Readonly<Record<string, z.ZodType>>;
  /** `protocol` answers `{"error": "text"}`. */
  readonly errors: 'problem' | 'protocol';
}

const Cell = z.union([z.number(), z.string(), z.boolean(), z.null()]);
const Cells = z.array(Cell).min(1);
const Row = z.record(z.string(), Cell);
const Matrix = z.array(z.union([Cells, Cell])).min(1);

const ClientRequestId = z.string().regex(/^[\x20-\x7E]{1,256}$/);

const common = {
  client_request_id: ClientRequestId.nullable().optional(),
  params: z.record(z.string(), z.unknown()).nullable().optional(),
};

const Labelled = {
  name: z
    .string()
    .regex(/^[a-z][a-z0-9_]{0,62}$/)
    .optional()
    .describe('Another outcome than the predicted one, which is `label`'),
  label: z
    .union([z.number(), z.string(), z.boolean(), z.array(z.unknown())])
    .describe("Of the prediction's type; with a name, a number, a truth or a text"),
  labelled_at: z.iso.datetime({ offset: true }).optional().describe('Now unless told'),
};
const RowOf = { row: z.int().min(0).max(9_999).optional().describe('0 unless told') };
const Uuid = z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);

const Labels = z.looseObject({
  labels: z
    .array(
      z.union([
        z.strictObject({
          example_id: z
            .string()
            .regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}-(0|[1-9][0-9]{0,3})$/),
          ...Labelled,
        }),
        z.strictObject({ request_id: Uuid, ...RowOf, ...Labelled }),
        z.strictObject({ client_request_id: ClientRequestId, ...RowOf, ...Labelled }),
      ]),
    )
    .min(1)
    .max(10_000),
});

/** MLflow's four shapes: exactly one of them. */
const Rows = z
  .union([
    z.looseObject({
      dataframe_split: z.looseObject({
        columns: z.array(z.string()).min(1),
        data: z.array(Cells).min(1),
      }),
      ...common,
    }),
    z.looseObject({ dataframe_records: z.array(Row).min(1), ...common }),
    z.looseObject({ instances: z.union([z.array(Row).min(1), Matrix]), ...common }),
    z.looseObject({
      inputs: z.union([z.record(z.string(), Cells), z.array(Row).min(1), Matrix]),
      ...common,
    }),
  ])
  .meta({ examples: [predictExample] });

const Csv = z
  .string()
  .min(1)
  .meta({
    description: 'A header line with column names, then rows',
    examples: [csvExample],
  });

const answered = {
  predictions: z.array(z.union([Cell, z.array(Cell)])),
  probabilities: z.array(z.record(z.string(), z.number().nullable())).optional(),
};

const Prediction = z.object({
  ...answered,
  request_id: z.string(),
  client_request_id: z.string().optional(),
  service_version: Name,
  model_version: z.string().meta({ example: 'wine-red/3' }),
});

const Comparison = z.object({
  request_id: z.string(),
  versions: z.record(
    Name,
    z.union([z.object(answered), z.object({ error: z.looseObject({ status: z.int() }) })]),
  ),
  deltas: z.record(Name, z.array(z.union([z.number(), z.boolean(), z.null()]))).meta({
    description: 'By later version: minus the first for numbers, else whether they agree',
  }),
});

const service = z.object({ service: Name });
const clientId = z.object({ 'x-client-request-id': ClientRequestId.optional() });
const headers = clientId.extend({
  'x-tidegate-version': Name.optional().meta({ description: 'Asks for this running version' }),
  'x-tidegate-split-key': z
    .string()
    .optional()
    .meta({ description: 'The same text always gets the same version' }),
});

const Datatype = z.enum(['FP64', 'FP32', 'INT64', 'INT32', 'BOOL', 'BYTES']);
const Parameters = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));

const InferRequest = z
  .looseObject({
    id: z.string().max(256).optional(),
    parameters: Parameters.optional(),
    inputs: z
      .array(
        z.looseObject({
          name: z.string(),
          shape: z.array(z.int().min(1)).min(1).max(2),
          datatype: z.string(),
          parameters: Parameters.optional(),
          data: z.array(z.unknown()).optional(),
        }),
      )
      .min(1),
    outputs: z
      .array(z.looseObject({ name: z.string(), parameters: Parameters.optional() }))
      .optional(),
  })
  .meta({ examples: [inferExample] });

const InferAnswer = z.object({
  model_name: Name,
  model_version: Name,
  id: z.string(),
  outputs: z.array(
    z.object({
      name: z.enum(['predictions', 'probabilities']),
      datatype: Datatype,
      shape: z.array(z.int()),
      parameters: Parameters.optional(),
      data: z.array(Cell).optional(),
    }),
  ),
});

const Binary = z
  .string()
  .meta({ format: 'binary', description: 'The JSON, then the tensors: the binary extension' });

const Tensor = z.object({ name: z.string(), datatype: Datatype, shape: z.array(z.int()) });
const ModelMetadata = z.object({
  name: Name,
  versions: z.array(Name),
  platform: z.string(),
  inputs: z.array(Tensor),
  outputs: z.array(Tensor),
});

const JSON_TYPE = 'application/json';

const prediction = {
  method: 'POST',
  input: z.object({ path: service, headers }),
  bodies: { [JSON_TYPE]: Rows, 'text/csv': Csv },
  errors: 'problem',
} as const;

const getting = (answer: z.ZodType, path: z.ZodObject = service) =>
  ({
    method: 'GET',
    input: z.object({ path }),
    bodies: {},
    answers: { [JSON_TYPE]: answer },
    errors: 'protocol',
  }) as const;

const readiness = (answer: z.ZodType, path: z.ZodObject = service) => ({
  ...getting(answer, path),
  notReady: { [JSON_TYPE]: answer },
});

const tensors = headers.extend({ 'inference-header-content-length': z.string().optional() });

const inferring = (path: z.ZodObject) =>
  ({
    method: 'POST',
    input: z.object({ path, headers: tensors }),
    bodies: { [JSON_TYPE]: InferRequest, 'application/octet-stream': Binary },
    answers: { [JSON_TYPE]: InferAnswer, 'application/octet-stream': Binary },
    errors: 'protocol',
  }) as const;

const model = service.extend({ model: Name });
const version = model.extend({ version: Name });
const Ready = z.object({ name: Name, ready: z.boolean() });
const MODEL = '/services/{service}/v2/models/{model}';
const VERSION = `${MODEL}/versions/{version}` as const;

/** The routes that answer predictions; MLflow's path is the same route as ours. */
export const inferenceContracts = {
  predict: {
    summary: 'Predict: one prediction per row, in order',
    path: '/services/{service}/predict',
    ...prediction,
    answers: { [JSON_TYPE]: Prediction },
  },
  invocations: {
    summary: 'Predict, under the path that MLflow and SageMaker use',
    path: '/services/{service}/invocations',
    ...prediction,
    answers: { [JSON_TYPE]: Prediction },
  },
  compare: {
    summary: 'Have every running version answer the same rows',
    path: '/services/{service}/compare',
    ...prediction,
    input: z.object({ path: service, headers: clientId }),
    answers: { [JSON_TYPE]: Comparison },
  },
  pushLabels: {
    summary: 'Say what was true, for up to 10,000 predictions; all or nothing',
    method: 'POST',
    path: '/services/{service}/labels',
    input: z.object({ path: service }),
    bodies: { [JSON_TYPE]: Labels, 'text/csv': z.string() },
    answers: { [JSON_TYPE]: z.object({ batch_id: z.string(), accepted: z.int() }) },
    status: 202,
    errors: 'problem',
  },
  serverMetadata: {
    summary: 'Open Inference Protocol v2: the server',
    path: '/services/{service}/v2',
    ...getting(
      z.object({ name: z.string(), version: z.string(), extensions: z.array(z.string()) }),
    ),
  },
  serverLive: {
    summary: 'Open Inference Protocol v2: whether the server lives',
    path: '/services/{service}/v2/health/live',
    ...getting(z.object({ live: z.boolean() })),
  },
  serverReady: {
    summary: 'Open Inference Protocol v2: whether a version can answer; 503 if none can',
    path: '/services/{service}/v2/health/ready',
    ...readiness(z.object({ ready: z.boolean() })),
  },
  modelMetadata: {
    summary: "Open Inference Protocol v2: the service's inputs and outputs",
    path: MODEL,
    ...getting(ModelMetadata, model),
  },
  modelVersionMetadata: {
    summary: "Open Inference Protocol v2: a version's inputs and outputs",
    path: VERSION,
    ...getting(ModelMetadata, version),
  },
  modelReady: {
    summary: 'Open Inference Protocol v2: whether the service can answer; 503 if not',
    path: `${MODEL}/ready`,
    ...readiness(Ready, model),
  },
  modelVersionReady: {
    summary: 'Open Inference Protocol v2: whether a version can answer; 503 if not',
    path: `${VERSION}/ready`,
    ...readiness(Ready, version),
  },
  infer: {
    summary: 'Open Inference Protocol v2: predict',
    path: `${MODEL}/infer`,
    ...inferring(model),
  },
  inferVersion: {
    summary: 'Open Inference Protocol v2: predict with a version',
    path: `${VERSION}/infer`,
    ...inferring(version),
    // The path names the version; what the header says of it is not looked at.
    input: z.object({ path: version, headers: tensors.omit({ 'x-tidegate-version': true }) }),
  },
} as const satisfies Record<string, InferenceContract>;
