import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** A running emulator of AWS. */
export interface MiniStack {
  readonly endpoint: string;
  stop(): Promise<void>;
}

const STARTS_WITHIN_MS = 30_000;

/** How clients of the SDK reach it. */
export const clientOf = (endpoint: string) => ({
  endpoint,
  region: 'eu-west-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
});

/**
 * Starts MiniStack, an emulator of AWS's services, on a free port; `settings` are variables that it
 * reads. Its state is gone when it stops.
 */
export const startMiniStack = async (
  python: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<MiniStack> => {
  const port = await freePort();
  const home = mkdtempSync(join(tmpdir(), 'tidegate-ministack-'));
  const child = spawn(python, ['-m', 'ministack.app'], {
    // Functions that it runs inherit its environment: nothing of ours, least of all credentials.
    env: {
      ...{ PATH: `${dirname(process.execPath)}:/usr/bin:/bin`, HOME: home, TMPDIR: home },
      ...{ BIND_HOST: '127.0.0.1', GATEWAY_PORT: String(port), IOT_MTLS_ENABLED: '0' },
      ...{ AWS_EC2_METADATA_DISABLED: 'true', PYTHONDONTWRITEBYTECODE: '1' },
      ...settings,
    },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (text) => {
    said = `${said}${text}`.slice(-2_000);
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGKILL');
    await ended;
    rmSync(home, { recursive: true, force: true });
  };
  const endpoint = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + STARTS_WITHIN_MS;
  while (Date.now() < deadline && child.exitCode === null) {
    const health = await fetch(`${endpoint}/_ministack/health`).catch(() => undefined);
    if (health?.ok) return { endpoint, stop };
    await sleep(100);
  }
  await stop();
  throw new Error(`MiniStack did not start: ${said}`);
};

const freePort = () =>
  new Promise<number>((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      const port = typeof address === 'object' && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
