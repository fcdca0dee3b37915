import { usageError } from '../cli-error';
import type { WaitOptions } from '../command-parts';
import type { AnswerTo } from '../control-api';
import type { Compute, ModelRef } from '../option-values';
import type { Session } from '../session';
import { confirm } from '../terminal/confirm';
import type { SettingsOptions } from './settings';
import { partialThrottle, settingsBody, wholeThrottle } from './settings-body';
import { trafficText } from './traffic-text';
import { waitForService } from './wait';

type Service = AnswerTo<'GET /api/services/{service}'>;

interface CreateOptions extends SettingsOptions, WaitOptions {
  readonly model?: ModelRef;
  readonly versionName: string;
  readonly compute?: Compute;
}

/** Requests per second of a service whose burst or quota alone was given. */
const RATE = 100;

/** Creates a service, with a first version where a model is given. */
export const createService = async (
  session: Session,
  name: string,
  options: CreateOptions,
): Promise<void> => {
  const { model, versionName, compute, wait, waitTimeout } = options;
  if (!model && (wait || compute)) throw usageError('--wait and --compute need --model');
  const throttle = wholeThrottle(options, RATE);
  const made = await session.call('POST /api/services', {
    path: {},
    body: {
      name,
      ...settingsBody(options),
      ...(throttle && { throttle }),
      ...(model && { versions: { [versionName]: { model, ...(compute && { compute }) } } }),
    },
  });
  const seen = wait ? await waitForService(session, name, isRunning, waitTimeout) : made;
  await tell(session, seen);
  const next = model
    ? `tidegate keys create ${name} my-app`
    : `tidegate versions add ${name} --model NAME/1`;
  session.say(`Next: ${next}`);
};

/** Changes what is given of a service, unless somebody else changed it meanwhile. */
export const updateService = async (
  session: Session,
  service: string,
  options: SettingsOptions,
): Promise<void> => {
  const { call } = session;
  const path = { service };
  const before = await call('GET /api/services/{service}', { path });
  const throttle = partialThrottle(options);
  const body = {
    ...settingsBody(options, before.capture.columns),
    ...(throttle && { throttle }),
  };
  if (Object.keys(body).length === 0) throw usageError('nothing to change was given');
  await tell(
    session,
    await call('PATCH /api/services/{service}', { path, body, ifMatch: before.revision }),
  );
};

/** Starts or stops a service. */
export const wantService =
  (verb: 'start' | 'stop') =>
  async (session: Session, service: string, { wait, waitTimeout }: WaitOptions): Promise<void> => {
    const accepted = await session.call(`POST /api/services/{service}/${verb}`, {
      path: { service },
    });
    const isDone = verb === 'start' ? isRunning : isStopped;
    await tell(
      session,
      wait ? await waitForService(session, service, isDone, waitTimeout) : accepted,
    );
  };

/** Shares traffic out over versions. */
export const setTraffic = async (
  session: Session,
  service: string,
  traffic: Readonly<Record<string, number>>,
  { wait, waitTimeout }: WaitOptions,
): Promise<void> => {
  const sum = Object.values(traffic).reduce((total, share) => total + share, 0);
  if (sum !== 100) throw usageError(`the shares sum to ${sum}, not to 100`);
  const accepted = await session.call('PUT /api/services/{service}/traffic', {
    path: { service },
    body: { ...traffic },
  });
  const seen = wait
    ? await waitForService(session, service, ({ status }) => status !== 'updating', waitTimeout)
    : accepted;
  await session.answer(seen, () => session.print(`${service}: ${trafficText(seen.traffic)}`));
};

/** Deletes a service after a yes. */
export const deleteService = async (
  session: Session,
  service: string,
  { purge = false, yes = false }: { purge?: boolean; yes?: boolean },
): Promise<void> => {
  const what = purge ? 'with its keys and tables' : 'and its keys';
  await confirm(session.environment, `Delete the service ${service} ${what}?`, yes);
  await session.call('DELETE /api/services/{service}', {
    path: { service },
    query: { ...(purge && { purge: 'true' }) },
  });
  session.say(`${service} is deleted.`);
};

const isRunning = ({ status }: Service): boolean => status === 'running';
const isStopped = ({ status }: Service): boolean => status === 'stopped';

const tell = ({ answer, print }: Session, service: Service): Promise<void> =>
  answer(service, () => print(`${service.name} is ${service.status}`));
