import type { Device } from './onnx-session';

/** What a container is told by its environment. */
export interface ContainerSettings {
  readonly host: string;
  readonly port: number;
  /** Of the model package. */
  readonly folder: string;
  /** What the package's digest must be; null is not checked. */
  readonly digest: string | null;
  readonly model: { readonly name: string; readonly version: string };
  readonly device: Device;
  /** Each holds the model once. */
  readonly threads: number;
  /** Requests that may wait for a thread. */
  readonly maxQueue: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Keeps what waits within the time in which a caller still wants its answer. */
const QUEUE_PER_THREAD = 64;

/**
 * Reads the settings; `processors` is how many there are to use.
 * @throws Error that names the variable that is not what it should be
 */
export const containerSettings = (environment: Environment, processors: number) => {
  const device = deviceIn(environment);
  // A GPU's memory holds one model for all that is asked at once.
  const threads = whole(
    environment,
    'TIDEGATE_THREADS',
    device === 'cuda' ? 1 : processors,
    1,
    256,
  );
  const [name = 'model', version = '1'] = (environment.TIDEGATE_MODEL ?? 'model/1').split('/');
  return {
    host: environment.TIDEGATE_HOST ?? '0.0.0.0',
    port: whole(environment, 'SAGEMAKER_BIND_TO_PORT', 8080, 0, 65_535),
    folder: environment.TIDEGATE_MODEL_FOLDER ?? '/opt/ml/model',
    digest: environment.TIDEGATE_DIGEST || null,
    model: { name, version },
    device,
    threads,
    maxQueue: whole(environment, 'TIDEGATE_MAX_QUEUE', QUEUE_PER_THREAD * threads, 0, 100_000),
  } satisfies ContainerSettings;
};

const deviceIn = ({ TIDEGATE_DEVICE: device = 'cpu' }: Environment): Device => {
  if (device === 'cpu' || device === 'cuda') return device;
  throw new Error(`TIDEGATE_DEVICE is cpu or cuda, not ${device}`);
};

const whole = (
  environment: Environment,
  name: string,
  otherwise: number,
  least: number,
  most: number,
): number => {
  const text = environment[name];
  if (text === undefined || text === '') return otherwise;
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new Error(`${name} is a whole number from ${least} to ${most}, not ${text}`);
};
