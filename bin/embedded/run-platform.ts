import type { UpOptions } from './options';
import { openPlatform } from './platform';

type Env = Readonly<Record<string, string | undefined>>;

/** How long what is in flight may take when the platform is told to stop. */
const GRACE_MS = 9_000;

/** Serves until SIGTERM or SIGINT; what is in flight is answered first. */
export const runPlatform = async (options: UpOptions, env: Env): Promise<void> => {
  const stopped = new Promise<void>((resolve) => {
    process.once('SIGTERM', () => resolve());
    process.once('SIGINT', () => resolve());
  });
  const platform = await openPlatform(options, env);
  process.stdout.write(platform.welcome);
  await stopped;
  // Told twice, it goes at once.
  process.once('SIGINT', () => process.exit(130));
  await platform.close(GRACE_MS);
};
