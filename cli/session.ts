import type { Command } from 'commander';
import pc from 'picocolors';
import { CliError } from './cli-error';
import { httpClient, type Send } from './client';
import { type CallApi, controlApi } from './control-api';
import { type Credentials, credentialsFile, readCredentials } from './credentials';
import { checkedEndpoint, DEFAULT_ENDPOINT, isSameHome } from './endpoint';
import type { Environment } from './environment';
import { keptCredentials } from './kept-credentials';
import { type Progress, progressOn } from './terminal/progress';
import { type Column, details, table } from './terminal/table';
import { localTime } from './terminal/times';
import { write } from './terminal/write';

/** Options that every command takes. */
export interface GlobalOptions {
  readonly endpoint?: string;
  readonly data?: string;
  readonly token?: string;
  readonly json?: boolean;
  readonly color?: boolean;
  readonly debug?: boolean;
}

/** Colours, or none. */
export type Paint = ReturnType<typeof pc.createColors>;

/** One run of a command: where it talks to, as whom, and how it answers. */
export interface Session {
  readonly environment: Environment;
  readonly endpoint: string;
  readonly dataFolder: string;
  readonly credentials: Credentials | null;
  readonly operatorToken: string | undefined;
  readonly json: boolean;
  readonly paint: Paint;
  /** The control API as the operator. */
  readonly call: CallApi;
  /** Requests with another credential than the operator's. */
  readonly sendAs: (credential: string | undefined, hint?: string) => Send;
  readonly progress: () => Progress;
  /** A line to stdout: the answer. */
  readonly print: (text: string) => Promise<void>;
  /** A line to stderr, for people; nothing with `--json`. */
  readonly say: (text: string) => void;
  /** The answer: as JSON, or as `human` prints it. */
  readonly answer: <T>(value: T, human: (value: T) => Promise<void> | void) => Promise<void>;
  readonly printTable: <T>(items: readonly T[], columns: readonly Column<T>[]) => Promise<void>;
  readonly printDetails: (pairs: readonly (readonly [string, string])[]) => Promise<void>;
}

/** Colours are for terminals whose owner did not say no. */
export const paintFor = (
  { env, stdout }: Environment,
  { color }: Pick<GlobalOptions, 'color'>,
): Paint => pc.createColors(stdout.isTTY === true && color !== false && !env.NO_COLOR);

/** @throws CliError for an endpoint that is no URL, or for what `read` throws */
export const openSession = (
  environment: Environment,
  options: GlobalOptions,
  read: typeof readCredentials = readCredentials,
): Session => {
  const { env, stdout, stderr, now } = environment;
  const json = options.json === true;
  const paint = paintFor(environment, options);
  const asked = options.endpoint ?? (env.TIDEGATE_ENDPOINT || undefined);
  const { dataFolder, credentials } = keptCredentials({
    folder: options.data ?? (env.TIDEGATE_DATA || undefined),
    endpoint: asked === undefined ? undefined : checkedEndpoint(asked),
    ...{ env, read },
  });
  const endpoint = checkedEndpoint(asked ?? credentials?.endpoint ?? DEFAULT_ENDPOINT);
  const kept = credentialsFor(endpoint, credentials);
  const given = options.token ?? (env.TIDEGATE_TOKEN || undefined);
  const ended = given === undefined ? endOf(kept, now()) : null;
  const operatorToken = given ?? (ended ? undefined : kept?.operatorToken);
  const print = (text: string) => write(stdout, `${text}\n`);
  const sendAs = (credential: string | undefined, wanted?: string): Send => {
    const credentialHint = credential === undefined && ended ? ended.hint : wanted;
    return httpClient({
      ...{ endpoint, credential },
      ...(credentialHint !== undefined && { credentialHint }),
    });
  };
  const hint = tokenHint(given !== undefined, kept, credentials, dataFolder);
  const width = stdout.isTTY ? (stdout.columns ?? 80) : undefined;
  return {
    environment,
    endpoint,
    dataFolder,
    credentials: kept,
    operatorToken,
    json,
    paint,
    call: ended ? () => Promise.reject(ended) : controlApi(sendAs(operatorToken, hint)),
    sendAs,
    progress: () => progressOn(stderr, now),
    print,
    say: (text) => {
      if (!json) stderr.write(`${text}\n`);
    },
    answer: async (value, human) => {
      if (!json) return human(value);
      if (value !== null) await print(JSON.stringify(value, null, 2));
    },
    printTable: async (items, columns) =>
      print(await table(items, columns, { width, paintTitle: paint.dim })),
    printDetails: (pairs) => print(details(pairs, paint.dim)),
  };
};

/** The kept credentials, unless they were made for another home: those are not sent there. */
const credentialsFor = (endpoint: string, credentials: Credentials | null): Credentials | null => {
  const made = credentials?.endpoint;
  return made === undefined || isSameHome(made, endpoint) ? credentials : null;
};

/** Why a kept token opens nothing any more; null while it does. */
const endOf = (kept: Credentials | null, now: Date): CliError | null => {
  const { operatorToken, expiresAt } = kept ?? {};
  if (operatorToken === undefined || expiresAt === undefined) return null;
  if (now.getTime() < Date.parse(expiresAt)) return null;
  return new CliError(`you were signed in until ${localTime(expiresAt)}`, {
    hint: 'sign in again: tidegate login',
  });
};

const tokenHint = (
  given: boolean,
  kept: Credentials | null,
  found: Credentials | null,
  dataFolder: string,
): string => {
  if (given) return 'the token sent is the one of --token or TIDEGATE_TOKEN';
  if (kept?.operatorToken && kept.expiresAt) {
    return `the token sent is the one of ${kept.file}: \`tidegate login\` gets another`;
  }
  if (kept?.operatorToken) return `the token sent is the one of ${kept.file}`;
  if (found && !kept) {
    return `${found.file} is for ${found.endpoint ?? 'another endpoint'}: set TIDEGATE_TOKEN for this one`;
  }
  return `no token: set TIDEGATE_TOKEN, or --data to a folder with credentials (${credentialsFile(dataFolder)} has none)`;
};

type Run<A extends unknown[]> = (session: Session, ...args: A) => Promise<void>;
type Action = (...args: unknown[]) => Promise<void>;

/** Makes what a command does from what it does in a session. */
export type Act = <A extends unknown[]>(run: Run<A>) => Action;

/** Commander gives a command's arguments, its options, then itself. */
export const actIn =
  (environment: Environment): Act =>
  <A extends unknown[]>(run: Run<A>): Action =>
  async (...args) => {
    const command = args.at(-1) as Command;
    const session = openSession(environment, command.optsWithGlobals<GlobalOptions>());
    await run(session, ...(args.slice(0, -1) as A));
  };
