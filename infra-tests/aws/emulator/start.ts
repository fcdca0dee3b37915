import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startChild } from './child';
import { freePort } from './free-port';

/** AWS on this machine: MiniStack with our mends, and our stub of SageMaker behind its front. */
export interface Emulator {
  readonly endpoint: string;
  readonly region: string;
  readonly account: string;
  /** How clients of the SDK reach it, as the account's root. */
  clientOf(): ClientOptions;
  /** What the CDK CLI needs in its environment, and nothing of ours. */
  readonly env: Readonly<Record<string, string>>;
  /** Turns the evaluation of IAM policies on and off: off for deployments, on to prove rights. */
  iam(on: boolean): Promise<void>;
  /** What its processes said last, containers included. */
  log(): string;
  /** Ends every process and removes every file. */
  stop(): Promise<void>;
}

interface ClientOptions {
  readonly endpoint: string;
  readonly region: string;
  readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string };
}

interface Options {
  /** The interpreter of a virtual environment with MiniStack. */
  readonly python: string;
  /** What runs in place of every container's image; the built model server when absent. */
  readonly command?: readonly string[];
  /** What runs in place of single images instead, by their names. */
  readonly images?: Readonly<Record<string, readonly string[]>>;
  /** How long a container may take to its first ping, in milliseconds. */
  readonly pingWithinMs?: number;
  /** What answers SQL in Athena's place, and the folder that S3's objects are files of for it. */
  readonly athena?: { readonly url: string; readonly objects: string };
}

const ROOT = join(__dirname, '../../..');
const NODE_MODULES = join(ROOT, 'node_modules');
const REGION = 'us-east-1';
const ACCOUNT = '000000000000';
const PING_WITHIN_MS = 20_000;
// Long enough that a change can be seen while it lasts.
const SETTLE_MS = 200;
/** Waits and pauses before retries of state machines, of what they say. */
const WAITS = '0.05';
const STARTS_WITHIN_MS = 60_000;
const SWITCHES_WITHIN_MS = 10_000;
const LONGEST_LOG = 400_000;

/** Starts it on free ports. Its state is gone when it stops. @throws with what it said when it does not start */
export const startEmulator = async ({
  python,
  command = [process.execPath, join(ROOT, '.build/model-server.mjs')],
  images = {},
  pingWithinMs = PING_WITHIN_MS,
  athena,
}: Options): Promise<Emulator> => {
  // Under no package.json of type module: workers of functions are CommonJS.
  const home = mkdtempSync(join(tmpdir(), 'tidegate-aws-'));
  const [port, stubPort] = [await freePort(), await freePort()];
  const endpoint = `http://127.0.0.1:${port}`;
  let said = '';
  let switches = 0;
  const say = (text: string): void => {
    said = (said + text).slice(-LONGEST_LOG);
    if (/^IAM is (on|off)$/m.test(text)) switches += 1;
  };
  // Functions inherit the emulator's environment: nothing of ours, least of all credentials.
  const clean = {
    PATH: `${dirname(process.execPath)}:/usr/bin:/bin`,
    ...{ HOME: home, TMPDIR: home, AWS_EC2_METADATA_DISABLED: 'true' },
  };
  const stub = startChild(
    [process.execPath, '--import', 'tsx', join(__dirname, 'stub-program.ts')],
    {
      ...clean,
      ...{ PORT: `${stubPort}`, AWS_ENDPOINT_URL: endpoint },
      ...{ AWS_REGION: REGION, AWS_ACCOUNT: ACCOUNT },
      CONTAINER_COMMAND: JSON.stringify(command),
      IMAGE_COMMANDS: JSON.stringify(images),
      ...{ PING_WITHIN_MS: `${pingWithinMs}`, SETTLE_MS: `${SETTLE_MS}` },
    },
    say,
  );
  const ministack = startChild(
    [python, join(__dirname, 'launcher.py')],
    {
      ...clean,
      ...{ GATEWAY_PORT: `${port}`, BIND_HOST: '127.0.0.1', IOT_MTLS_ENABLED: '0' },
      SAGEMAKER_STUB: `http://127.0.0.1:${stubPort}`,
      ...(athena && {
        ...{ ATHENA_STAND_IN: athena.url, S3_PERSIST: '1', S3_DATA_DIR: athena.objects },
        SFN_WAIT_SCALE: WAITS,
      }),
      // Functions that do not bundle the SDK find it here.
      NODE_PATH: NODE_MODULES,
      ...{ PYTHONDONTWRITEBYTECODE: '1', PYTHONUNBUFFERED: '1' },
    },
    say,
  );
  const stop = async (): Promise<void> => {
    await Promise.all([ministack.stop(), stub.stop()]);
    rmSync(home, { recursive: true, force: true });
  };
  const isUp = async (): Promise<boolean> => {
    if (!ministack.isRunning() || !stub.isRunning()) throw new Error('it ended');
    const health = await fetch(`${endpoint}/_ministack/health`).catch(() => null);
    await health?.body?.cancel();
    return health?.ok === true && said.includes('sagemaker-stub: ready');
  };
  await until(isUp, STARTS_WITHIN_MS).catch(async (error: unknown) => {
    await stop();
    throw new Error(`the emulator did not start (${error}):\n${said}`);
  });
  let isGuarded = false;
  return {
    ...{ endpoint, region: REGION, account: ACCOUNT },
    clientOf: () => ({
      ...{ endpoint, region: REGION },
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }),
    env: {
      PATH: `${NODE_MODULES}/.bin:${clean.PATH}`,
      ...{ HOME: home, TMPDIR: home, AWS_EC2_METADATA_DISABLED: 'true' },
      ...{ AWS_ENDPOINT_URL: endpoint, AWS_REGION: REGION },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
      ...{ CDK_DISABLE_CLI_TELEMETRY: '1', CI: 'true' },
    },
    async iam(on) {
      if (on === isGuarded) return;
      isGuarded = on;
      const before = switches;
      ministack.signal('SIGUSR1');
      await until(() => switches > before, SWITCHES_WITHIN_MS);
    },
    log: () => said,
    stop,
  };
};

const until = async (isSo: () => boolean | Promise<boolean>, withinMs: number): Promise<void> => {
  for (const end = Date.now() + withinMs; !(await isSo()); await sleep(50)) {
    if (Date.now() > end) throw new Error(`not within ${withinMs} ms`);
  }
};
