import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createSecureContext } from 'node:tls';
import { type Command, Option } from 'commander';
import { orFullDisk } from '../adapters/embedded/full-disk';
import { problemTypes } from '../api/problem';
import { CliError, usageError } from '../cli/cli-error';
import { isDomainError } from '../core/shared/domain-error';
import { type Env, isLoopback, type UpOptions } from './embedded/options';

const DEFAULT_MANIFEST = 'tidegate.yaml';

interface Flags {
  readonly manifest?: string;
  readonly host: string;
  readonly port: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly url?: string;
  readonly behindProxy?: true;
  readonly durability: 'process' | 'disk';
}

/** Adds `tidegate up`, which serves until it is told to stop. */
export const addUp = (root: Command, env: Env): void => {
  root
    .command('up')
    .description('Start the platform on this machine')
    .option(
      '--manifest <file>',
      'what to serve (TIDEGATE_MANIFEST, tidegate.yaml if it is there)',
      env.TIDEGATE_MANIFEST,
    )
    .option(
      '--host <address>',
      'address to listen on (TIDEGATE_HOST)',
      env.TIDEGATE_HOST ?? '127.0.0.1',
    )
    .option(
      '--port <number>',
      'port to listen on, 0 for any (TIDEGATE_PORT)',
      env.TIDEGATE_PORT ?? '8080',
    )
    .addOption(
      new Option(
        '--durability <what>',
        'what a captured request survives when it is answered (TIDEGATE_DURABILITY)',
      )
        .choices(['process', 'disk'])
        .default('process')
        .env('TIDEGATE_DURABILITY'),
    )
    .option(
      '--url <url>',
      'where callers reach it, when that is elsewhere: behind a proxy (TIDEGATE_URL)',
      env.TIDEGATE_URL,
    )
    .option('--tls-cert <file>', 'PEM certificate: speak TLS')
    .option('--tls-key <file>', 'PEM key of the certificate')
    .option('--behind-proxy', 'TLS ends at a proxy in front: allow other addresses than loopback')
    .addHelpText('after', '\nExample:\n  $ tidegate up --manifest tidegate.yaml --data .tidegate')
    .action(async (flags: Flags) => {
      const { runPlatform } = await import('./embedded/run-platform');
      const { data = env.TIDEGATE_DATA ?? '.tidegate' } = root.opts<{ data?: string }>();
      await runPlatform({ ...optionsOf(flags), data }, env).catch((error: unknown) => {
        throw startFault(error);
      });
    });
};

const optionsOf = (flags: Flags): Omit<UpOptions, 'data'> => {
  const { host, behindProxy = false, durability } = flags;
  const port = /^\d{1,5}$/.test(flags.port) ? Number(flags.port) : Number.NaN;
  if (!(port <= 65_535)) throw usageError('--port takes a number from 0 to 65535');
  const tls = tlsOf(flags);
  if (!isLoopback(host) && !tls && !behindProxy) {
    throw usageError(
      `${host} can be reached from elsewhere: give --tls-cert and --tls-key, or --behind-proxy`,
    );
  }
  return {
    manifest: manifestOf(flags),
    host,
    port,
    tls,
    behindProxy,
    durability,
    url: urlIn(flags),
  };
};

const urlIn = ({ url }: Flags): string | null => {
  if (url === undefined) return null;
  if (/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return url.replace(/\/+$/, '');
  throw usageError('--url takes an absolute URL: https://models.example.com');
};

const manifestOf = ({ manifest }: Flags): string | null => {
  if (manifest !== undefined) {
    if (existsSync(manifest)) return manifest;
    throw new CliError(`there is no manifest ${manifest}`);
  }
  return existsSync(DEFAULT_MANIFEST) ? DEFAULT_MANIFEST : null;
};

const tlsOf = ({ tlsCert, tlsKey }: Flags): UpOptions['tls'] => {
  if (tlsCert === undefined && tlsKey === undefined) return undefined;
  if (tlsCert === undefined || tlsKey === undefined) {
    throw usageError('--tls-cert and --tls-key go together');
  }
  const tls = { cert: readPem(tlsCert), key: readPem(tlsKey) };
  try {
    createSecureContext(tls);
  } catch (error) {
    const why = (error as Error).message;
    throw new CliError(`${tlsCert} and ${tlsKey} are no certificate and its key in PEM: ${why}`);
  }
  return tls;
};

const readPem = (file: string): string => {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CliError(`${file} cannot be read: ${(error as Error).message}`);
  }
};

/** What ends a start, in words for the one who started it. */
const startFault = (thrown: unknown): unknown => {
  const error = orFullDisk(thrown);
  if (isDomainError(error)) {
    const [first = '', ...more] = error.message.split('\n');
    const problem = {
      type: `urn:tidegate:${error.kind}`,
      status: problemTypes[error.kind].status,
      detail: first,
      errors: more.map((message) => ({ code: error.kind, message })),
    };
    return new CliError(first, { problem });
  }
  const { code, port, address } = error as NodeJS.ErrnoException & Partial<AddressInfo>;
  if (code === 'EADDRINUSE') {
    const hint = 'stop what listens there, or give another --port';
    return new CliError(`port ${port} on ${address} is in use`, { hint });
  }
  if (code === 'EACCES' && port) {
    return new CliError(`port ${port} may not be opened by this user: give another --port`);
  }
  if (code === 'EADDRNOTAVAIL') return new CliError(`${address} is no address of this machine`);
  return error;
};
