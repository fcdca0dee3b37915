import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { temporaryFolder } from '../support/platform';

const root = resolve(__dirname, '../..');
const MOUNT = 'mount -t tmpfs -o "size=$1" tmpfs "$2"';
const inNamespace = (script: string, ...args: string[]): [string, string[]] => [
  'unshare',
  ['--map-root-user', '--mount', 'sh', '-c', script, 'sh', ...args],
];

/** Whether this machine lets a process have a disk of its own. */
export const canMount = (): boolean => {
  const [command, args] = inNamespace(MOUNT, '1m', temporaryFolder());
  return spawnSync(command, args).status === 0;
};

/** A platform whose data lies on a disk of its own, which is gone with it. */
export const startOnSmallDisk = async (size: string, manifest: string, token: string) => {
  const disk = temporaryFolder();
  const file = join(temporaryFolder(), 'tidegate.yaml');
  writeFileSync(file, manifest.replaceAll('./', `${root}/`));
  const [command, args] = inNamespace(`${MOUNT} && shift 2 && exec "$@"`, size, disk);
  const node = join(root, 'node_modules/.bin/node');
  const program = [node, join(root, '.build/tidegate.mjs'), 'up', '--port', '0'];
  const options = ['--data', join(disk, 'data'), '--manifest', file];
  const child = spawn(command, [...args, ...program, ...options], {
    env: { ...process.env, TIDEGATE_OPERATOR_TOKEN: token, TIDEGATE_BUILD_PRIORITY: 'low' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  const ended = once(child, 'exit');
  while (!output.includes('is ready on ')) {
    const next = await Promise.race([once(child.stdout, 'data'), ended.then(() => null)]);
    if (next === null) throw new Error(`it ended instead of starting:\n${output}`);
  }
  // The disk as the process sees it.
  const seen = join('/proc', `${child.pid}`, 'root', disk);
  const ballast = join(seen, 'ballast');
  return {
    url: /is ready on (\S+)/.exec(output)?.[1] ?? '',
    data: join(seen, 'data'),
    process: child,
    output: () => output,
    /** Leaves not a byte on the disk, or so many. */
    fill(left = 0): void {
      const file = openSync(ballast, 'a');
      try {
        for (let size = 65_536; size >= 1; ) {
          try {
            if (writeSync(file, Buffer.alloc(size)) < size) size /= 2;
          } catch {
            size /= 2;
          }
        }
        ftruncateSync(file, Math.max(0, fstatSync(file).size - left));
      } finally {
        closeSync(file);
      }
    },
    free: (): void => rmSync(ballast, { force: true }),
    stop: async (): Promise<number | null> => {
      child.kill('SIGTERM');
      const [code] = await ended;
      return code;
    },
  };
};

export type OnSmallDisk = Awaited<ReturnType<typeof startOnSmallDisk>>;

/** The lines of a capture log. */
export const capturedLines = (data: string): readonly { readonly request_id: string }[] =>
  readdirSync(join(data, 'capture'))
    .filter((file) => file.endsWith('.ndjson'))
    .flatMap((file) =>
      readFileSync(join(data, 'capture', file), 'utf8')
        .split('\n')
        .slice(0, -1)
        .map((line) => JSON.parse(line)),
    );
