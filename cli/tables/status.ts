import type { Session } from '../session';
import { localTime } from '../terminal/times';
import { erasureText } from './erase';
import { followRun } from './follow-run';
import { refreshText } from './refresh';

interface StatusOptions {
  readonly run?: string;
}

/** Says how far a service's tables are behind; or follows a refresh or an erasure that goes on. */
export const tablesStatus = async (
  session: Session,
  service: string,
  { run }: StatusOptions,
): Promise<void> => {
  if (run !== undefined) {
    const ended = await followRun(session, service, run);
    const text = ended.kind === 'refresh' ? refreshText(ended) : erasureText(ended);
    await session.answer(ended, () => session.print(text));
    return;
  }
  const status = await session.call('GET /api/services/{service}/tables/status', {
    path: { service },
  });
  await session.answer(status, async ({ waiting_since, built_at }) => {
    const now = session.environment.now().getTime();
    const at = (time: string): string => `${localTime(time)}, ${agoText(now - Date.parse(time))}`;
    await session.printDetails([
      ['waiting', waiting_since === null ? 'nothing' : `since ${at(waiting_since)}`],
      ['built', built_at === null ? 'never' : at(built_at)],
    ]);
    if (waiting_since !== null) {
      session.say(
        `It comes with the next build; \`tidegate tables refresh ${service}\` builds now.`,
      );
    }
  });
};

const UNITS = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

const agoText = (ms: number): string => {
  for (const [unit, length] of UNITS) {
    const many = Math.floor(ms / length);
    if (many >= 1) return `${many} ${unit}${many === 1 ? '' : 's'} ago`;
  }
  return 'just now';
};
