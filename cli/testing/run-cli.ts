import { PassThrough, Readable } from 'node:stream';
import { program } from '../program';
import { run } from '../run';
import { testEnvironment } from './test-environment';

/** What a run starts with. */
export interface CliRun {
  readonly endpoint?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string | Readable;
  /** Columns of the terminal that everything is shown on; none when left out. */
  readonly terminal?: number;
  readonly home?: string;
}

/** What a run left. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line within the test. */
export const runCli = async (
  args: readonly string[],
  { endpoint, env, stdin = '', terminal, home = '/nowhere' }: CliRun = {},
): Promise<CliResult> => {
  const screen = terminal === undefined ? {} : { isTTY: true, columns: terminal };
  const stdout = Object.assign(new PassThrough(), screen);
  const stderr = Object.assign(new PassThrough(), screen);
  const [out, err] = [gather(stdout), gather(stderr)];
  const environment = testEnvironment({
    env: {
      TIDEGATE_DATA: '/nowhere/data',
      TIDEGATE_TOKEN: 'tgo-test',
      ...(endpoint !== undefined && { TIDEGATE_ENDPOINT: endpoint }),
      ...env,
    },
    stdin: typeof stdin === 'string' ? Readable.from([Buffer.from(stdin)]) : stdin,
    stdout,
    stderr,
    home,
  });
  const code = await run(program(environment), args, environment);
  return { code, stdout: out(), stderr: err() };
};

const gather = (stream: PassThrough): (() => string) => {
  const pieces: Buffer[] = [];
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  return () => {
    for (let rest = stream.read(); rest !== null; rest = stream.read()) pieces.push(rest);
    return Buffer.concat(pieces).toString();
  };
};
