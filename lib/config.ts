import { RemovalPolicy } from 'aws-cdk-lib';
import { RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { PrivateRegistry } from '../core/models/container';
import type { FunctionName } from './functions';

/**
 * Private subnets that functions run in, and models with images of `privateRegistries`: they need
 * endpoints, or a way out, to the services they call.
 */
export interface Network {
  readonly vpcId: string;
  readonly availabilityZones: readonly string[];
  readonly privateSubnetIds: readonly string[];
}

/** How many requests a function answers at a time. */
export interface Concurrency {
  /** Kept free for this function, and the most it gets; an account must keep 100 unreserved. */
  readonly reserved?: number;
  /** Started before they are needed, and paid for while they wait. */
  readonly provisioned?: number;
}

/** A bucket of this account and Region that is there already, and a place in it. */
export interface CaptureBucket {
  readonly bucket: string;
  /** Empty, or it ends in a slash, such as `ml/live/`: letters, digits, `_` and `-`, 200 at most. */
  readonly prefix: string;
}

/** What differs between the stages of one installation. */
export interface StageConfig {
  /**
   * What happens to records, model packages, captured requests and tables when their stack goes away. With
   * `RETAIN` they also cannot be deleted by mistake.
   */
  readonly removal: RemovalPolicy.RETAIN | RemovalPolicy.DESTROY;
  /** Whose key data is encrypted with: AWS's own, or one in this account, which costs $1 a month. */
  readonly encryption: 'aws-owned' | 'customer-key';
  /**
   * Days that captured requests and labels are kept as they arrived, spilled bodies and what could not
   * be delivered with them; 30 by default, null keeps them. Builds alone read them: tables have their own
   * retention. Erasures look no further back, so a bucket of `capture` must not keep them for longer.
   */
  readonly capturedDays: number | null;
  /**
   * Where requests and labels are captured; null, the default, for a bucket of the stage's own. Another
   * one's notifications to EventBridge must be on. Its lifecycle, versions and the policy of its key are
   * its owner's: where it has versions it keeps what erasures take out.
   */
  readonly capture: CaptureBucket | null;
  /** The database of the tables, in Glue's catalog: `inference` by default; no two stages of an account share one. */
  readonly database: string;
  /** Whole minutes from one build of tables to the next, 5 to 360, 15 by default: what has arrived by then is built. */
  readonly tablesEvery: number;
  /**
   * Bytes that one statement may read before Athena stops it, 10 MB at least: $5 a TB. Of builds $0.50 by
   * default (100 GB), which they try again while it is too little; of queries $5 (1 TB).
   */
  readonly scanLimits: { readonly builds: number; readonly queries: number };
  /** How long the platform's log lines are kept; a month by default. */
  readonly logRetention: RetentionDays;
  /** From which level on functions log; `INFO` by default. Above it Lambda would drop their metrics, too. */
  readonly logLevel: 'DEBUG' | 'INFO';
  /**
   * Traces in X-Ray, at most $5 a million requests; false by default: answers and log lines have ids.
   */
  readonly tracing: boolean;
  /** Where alarms are mailed to; by default nowhere, but their topic is there to subscribe to. */
  readonly alarmEmail: string | null;
  /** Instance types that versions may run on: the API refuses others, and so does IAM. */
  readonly allowedInstanceTypes: readonly string[];
  /** Further buckets of this Region that model packages may be registered from; none by default. */
  readonly modelBuckets: readonly string[];
  /**
   * Further registries of ECR that images of models may come from, such as AWS's own in this Region,
   * `763104351884.dkr.ecr.eu-west-1.amazonaws.com`; the account's own may be used in any case.
   */
  readonly imageRegistries: readonly string[];
  /**
   * Registries outside ECR that images of models may come from; none by default. SageMaker reaches
   * them through `network`, which must then have subnets in two availability zones.
   */
  readonly privateRegistries: readonly PrivateRegistry[];
  /** Whether ONNX models may run on GPUs, which takes a second image of the model server; false by default. */
  readonly gpu: boolean;
  /** By function; what is not named shares the account's, which is 10 in a new account. */
  readonly concurrency: Readonly<Partial<Record<FunctionName, Concurrency>>>;
  /** Requests per second, and at once, that the edge lets in for all services together. */
  readonly throttle: { readonly rate: number; readonly burst: number };
  /** A web application firewall before the API: $5 a month, $1 per rule, $0.60 a million requests. */
  readonly firewall: boolean;
  /**
   * Whether this stack gives API Gateway the right to write logs, which is one setting per account
   * and Region: true by default, false where something else has set it.
   */
  readonly apiGatewayAccount: boolean;
  /**
   * The network of the functions, and of models with images of `privateRegistries`; by default none,
   * which reaches AWS by its public endpoints.
   */
  readonly network: Network | null;
  /** The API's address where it is not API Gateway's own, such as `https://api.example.com`. */
  readonly baseUrl: string | null;
}

const GB = 1e9;

const defaults: StageConfig = {
  removal: RemovalPolicy.DESTROY,
  encryption: 'aws-owned',
  logRetention: RetentionDays.ONE_MONTH,
  logLevel: 'INFO',
  capturedDays: 30,
  capture: null,
  database: 'inference',
  tablesEvery: 15,
  scanLimits: { builds: 100 * GB, queries: 1_000 * GB },
  tracing: false,
  alarmEmail: null,
  allowedInstanceTypes: [
    ...['ml.t2.medium', 'ml.m5.large', 'ml.m5.xlarge', 'ml.c5.large', 'ml.c5.xlarge'],
    // Of Graviton none: the image of the model server is for x86-64.
    ...['ml.g4dn.xlarge', 'ml.g5.xlarge'],
  ],
  modelBuckets: [],
  imageRegistries: [],
  privateRegistries: [],
  gpu: false,
  concurrency: {},
  throttle: { rate: 1_000, burst: 2_000 },
  firewall: false,
  apiGatewayAccount: true,
  network: null,
  baseUrl: null,
};

/** A stage of somebody's own: the defaults, and what is different. */
export const stageConfig = (different: Partial<StageConfig>): StageConfig => ({
  ...defaults,
  ...different,
});

export const stages = {
  dev: stageConfig({
    scanLimits: { builds: 100 * GB, queries: 100 * GB },
    tracing: true,
    logLevel: 'DEBUG',
    logRetention: RetentionDays.ONE_WEEK,
  }),
  prod: stageConfig({
    removal: RemovalPolicy.RETAIN,
    encryption: 'customer-key',
    logRetention: RetentionDays.THREE_MONTHS,
    // One slow model must not take what credentials and operators need.
    concurrency: {
      authorizer: { reserved: 100, provisioned: 1 },
      predict: { reserved: 400, provisioned: 1 },
      services: { reserved: 20 },
      reconcile: { reserved: 5 },
    },
    firewall: true,
  }),
} as const satisfies Record<string, StageConfig>;

/** The stages' names; one installation has at least one. */
export type StageName = keyof typeof stages;

/**
 * A stage by its name.
 * @throws when there is no such stage
 */
export const stageOf = (
  name: string,
): { readonly stage: StageName; readonly config: StageConfig } => {
  for (const stage of Object.keys(stages) as StageName[]) {
    if (stage === name) return { stage, config: stages[stage] };
  }
  throw new Error(`there is no stage ${name}: give -c stage=${Object.keys(stages).join(' or ')}`);
};

/**
 * The prefix of all that is named: `tidegate-prod`. An endpoint's name has 63 characters, of which
 * a service and a version need 42.
 * @throws for a stage that names cannot begin with
 */
export const prefixOf = (stage: string): string => {
  if (/^[a-z][a-z0-9]{0,10}$/.test(stage)) return `tidegate-${stage}`;
  throw new Error(`a stage is named in up to 11 lower-case letters and digits: not ${stage}`);
};
