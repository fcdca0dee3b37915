import { CliError } from '../cli-error';

/** Which AWS credentials and Region are meant, where the environment and the profile do not say. */
export interface AwsOptions {
  readonly profile?: string;
  readonly region?: string;
}

const CONNECT_MS = 5_000;
const ANSWER_MS = 30_000;

/** What every client of the SDK is made with. */
export const clientConfig = ({ profile, region }: AwsOptions) => ({
  ...(profile !== undefined && { profile }),
  ...(region !== undefined && { region }),
  requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: ANSWER_MS },
});

/**
 * Loads a part of the AWS SDK, which no other command needs.
 * @throws CliError that says how to install it
 */
export const sdk = async <T>(importing: () => Promise<T>): Promise<T> => {
  try {
    return await importing();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') throw error;
    throw new CliError('this needs the AWS SDK, which is not installed', {
      hint: 'run `npm install` in the folder of Tidegate',
      cause: error,
    });
  }
};

/** Errors of the SDK, read by their members: in tests they come from another realm. */
interface SdkError {
  readonly name?: unknown;
  readonly message?: unknown;
  readonly code?: unknown;
  readonly cause?: SdkError;
}

/** Whether AWS says that these credentials may not do it. */
export const isDenied = (error: unknown): boolean =>
  /AccessDenied|Unauthorized|NotAuthorized/.test(String((error as SdkError).name));

const BROKEN =
  /\b(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH|EPIPE|UND_ERR_\w+)\b/;

/** Why AWS was not asked or said no, in one line with a way out. */
export const awsFailure = (error: unknown): CliError => {
  if (error instanceof CliError) return error;
  const { name, message, code, cause } = (error ?? {}) as SdkError;
  const said = String(message ?? 'unknown reason').trim();
  const [broken] = BROKEN.exec(`${code} ${cause?.code} ${said}`) ?? [];
  if (broken !== undefined || name === 'TimeoutError') {
    return new CliError(`AWS cannot be reached: ${broken ?? said}`, {
      hint: 'is the Region one that there is, and the network up?',
      cause: error,
    });
  }
  if (name === 'CredentialsProviderError' || name === 'TokenProviderError') {
    return new CliError(`there are no AWS credentials: ${said}`, {
      hint: 'set AWS_PROFILE or --profile, run `aws sso login`, or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
      cause: error,
    });
  }
  if (said.startsWith('Region is missing')) {
    return new CliError('it is not said which AWS Region is meant', {
      hint: 'give --region, or set AWS_REGION',
      cause: error,
    });
  }
  if (/Expired|InvalidClientTokenId|UnrecognizedClient|SignatureDoesNotMatch/.test(String(name))) {
    return new CliError(`AWS does not take these credentials: ${said}`, {
      hint: 'get new ones, for example with `aws sso login`; a clock that is wrong looks the same',
      cause: error,
    });
  }
  return new CliError(`AWS says: ${said}`, { cause: error });
};
