import { until } from '../../support/api';
import type { FaultyHome } from './faulty-home';

/** A service of the versions of `sum`, without keys unless `about` says otherwise. */
export const draftOf = (
  name: string,
  versions: Readonly<Record<string, number>>,
  about: object = {},
) => ({
  name,
  auth: false,
  versions: Object.fromEntries(
    Object.entries(versions).map(([version, number]) => [
      version,
      {
        model: { name: 'sum', version: number },
        compute: { instances: { type: 'ml.m5.large', count: 1 } },
      },
    ]),
  ),
  ...about,
});

/** What the control API says of a service. */
export const serviceIn = async (home: FaultyHome, service: string) =>
  (await home.control('/api/services/{service}', { service })).body;

/** What fails in one minute is done in the next. */
export const anyMinute = (home: FaultyHome): Promise<void> => home.minute().catch(() => undefined);

/** Minute after minute until the service is as wanted. */
export const minutesUntil = (
  home: FaultyHome,
  service: string,
  status: string,
): Promise<Record<string, unknown>> =>
  until(
    async () => {
      await anyMinute(home);
      return serviceIn(home, service);
    },
    (found) => found.status === status,
  );

/** Makes a service and waits until it runs. */
export const runService = async (
  home: FaultyHome,
  ...draft: Parameters<typeof draftOf>
): Promise<void> => {
  const made = await home.control('/api/services', {}, { body: draftOf(...draft) });
  if (made.status !== 201) throw new Error(JSON.stringify(made));
  await minutesUntil(home, draft[0], 'running');
};
