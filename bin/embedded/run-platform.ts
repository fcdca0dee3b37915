import { endProcess } from './end-process';
import type { Env, UpOptions } from './options';
import { openPlatform } from './platform';

/** How long what is in flight may take when the platform is told to stop. */
const GRACE_MS = 8_000;
/** By then it has ended, whatever does not want to. */
const LAST_MS = 9_500;
const SOON_MS = 200;

/** Serves until SIGTERM or SIGINT; what is in flight is answered first. */
export const runPlatform = async (options: UpOptions, env: Env): Promise<void> => {
  // Whatever is written into the data folder is its owner's, also once the folder itself is opened.
  process.umask(0o077);
  const stopping = new AbortController();
  const stopped = new Promise<void>((resolve) => {
    const stop = (signal: NodeJS.Signals): void => {
      // Told twice by a person, it goes at once.
      if (stopping.signal.aborted && signal === 'SIGINT') endProcess(130);
      if (stopping.signal.aborted) return;
      stopping.abort();
      setTimeout(() => endProcess(0), LAST_MS).unref();
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
  });
  const platform = await openPlatform(options, env, stopping.signal);
  if (!stopping.signal.aborted) process.stdout.write(platform.welcome);
  await stopped;
  await platform.close(GRACE_MS);
  // Whatever is alive now, such as a retry of the traces' exporter, has nothing left to do.
  setTimeout(() => endProcess(0), SOON_MS).unref();
};
