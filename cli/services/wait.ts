import { CliError } from '../cli-error';
import type { AnswerTo } from '../control-api';
import type { Session } from '../session';

type Service = AnswerTo<'GET /api/services/{service}'>;
type Version = AnswerTo<'GET /api/services/{service}/versions/{version}'>;

interface Status {
  readonly status: string;
  readonly status_reason: string | null;
}

const EVERY_MS = 300;

/**
 * Looks at something again and again until it is done.
 * @throws CliError with the reason when it failed, or when it took too long
 */
const waitUntil = async <T extends Status>(
  { environment, progress }: Session,
  name: string,
  look: () => Promise<T>,
  isDone: (seen: T) => boolean,
  seconds: number,
): Promise<T> => {
  const deadline = environment.now().getTime() + seconds * 1000;
  const shown = progress();
  try {
    for (;;) {
      const seen = await look();
      const reason = seen.status_reason === null ? '' : `: ${seen.status_reason}`;
      if (seen.status === 'failed') throw new CliError(`${name} failed${reason}`);
      if (isDone(seen)) return seen;
      if (environment.now().getTime() > deadline) {
        throw new CliError(`${name} is still ${seen.status} after ${seconds} s${reason}`);
      }
      shown.update(`${name} is ${seen.status}${reason}`);
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
  } finally {
    shown.done();
  }
};

/** Waits until a service is in a state. */
export const waitForService = (
  session: Session,
  service: string,
  isDone: (seen: Service) => boolean,
  seconds: number,
): Promise<Service> =>
  waitUntil(
    session,
    service,
    () => session.call('GET /api/services/{service}', { path: { service } }),
    isDone,
    seconds,
  );

/** Waits until a version is in a state. */
export const waitForVersion = (
  session: Session,
  service: string,
  version: string,
  status: Version['status'],
  seconds: number,
): Promise<Version> =>
  waitUntil(
    session,
    `${service} ${version}`,
    () =>
      session.call('GET /api/services/{service}/versions/{version}', {
        path: { service, version },
      }),
    (seen) => seen.status === status,
    seconds,
  );
