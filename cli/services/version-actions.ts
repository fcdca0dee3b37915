import { usageError } from '../cli-error';
import type { WaitOptions } from '../command-parts';
import type { AnswerTo } from '../control-api';
import { itemsOf } from '../list';
import type { Compute, ModelRef } from '../option-values';
import type { Session } from '../session';
import { confirm } from '../terminal/confirm';
import { waitForVersion } from './wait';

type Version = AnswerTo<'GET /api/services/{service}/versions/{version}'>;

interface ContentOptions {
  readonly model?: ModelRef;
  readonly description?: string;
  readonly compute?: Compute;
  readonly env?: Readonly<Record<string, string>>;
}

interface AddOptions extends ContentOptions, WaitOptions {
  readonly name?: string;
  readonly start: boolean;
}

const VERSION = '/api/services/{service}/versions/{version}';
const MANY = 1000;

/** Adds a version, under the next free name unless one is given. */
export const addVersion = async (
  session: Session,
  service: string,
  options: AddOptions,
): Promise<void> => {
  const { model, name, start, wait, waitTimeout } = options;
  if (!model) throw usageError('--model is needed, such as --model wine/2');
  if (wait && !start) throw usageError('--wait and --no-start exclude each other');
  const added = await session.call('POST /api/services/{service}/versions', {
    path: { service },
    body: { name: name ?? (await nextName(session, service)), ...contentOf(options), model, start },
  });
  const seen = wait
    ? await waitForVersion(session, service, added.name, 'running', waitTimeout)
    : added;
  await tell(session, seen);
  if (seen.traffic === 0) {
    session.say(`It gets no traffic yet: tidegate services traffic ${service} …`);
  }
};

/** `v` and the number after the highest there is. */
const nextName = async (session: Session, service: string): Promise<string> => {
  const route = 'GET /api/services/{service}/versions';
  const { items } = await itemsOf(session, route, { path: { service } }, MANY);
  const numbers = items.map(({ name }) => Number(/^v(\d{1,9})$/.exec(name)?.[1] ?? 0));
  return `v${Math.max(0, ...numbers) + 1}`;
};

/** Changes what is given of a version. */
export const updateVersion = async (
  session: Session,
  service: string,
  version: string,
  options: ContentOptions,
): Promise<void> => {
  const body = contentOf(options);
  if (Object.keys(body).length === 0) throw usageError('nothing to change was given');
  await tell(session, await session.call(`PATCH ${VERSION}`, { path: { service, version }, body }));
};

/** Starts or stops a version. */
export const wantVersion =
  (verb: 'start' | 'stop') =>
  async (
    session: Session,
    service: string,
    version: string,
    { wait, waitTimeout }: WaitOptions,
  ): Promise<void> => {
    const accepted = await session.call(`POST ${VERSION}/${verb}`, { path: { service, version } });
    const wanted = verb === 'start' ? 'running' : 'stopped';
    await tell(
      session,
      wait ? await waitForVersion(session, service, version, wanted, waitTimeout) : accepted,
    );
  };

/** Deletes a version after a yes. */
export const deleteVersion = async (
  session: Session,
  service: string,
  version: string,
  { yes = false }: { yes?: boolean },
): Promise<void> => {
  await confirm(session.environment, `Delete the version ${version} of ${service}?`, yes);
  await session.call(`DELETE ${VERSION}`, { path: { service, version } });
  session.say(`${service} ${version} is deleted.`);
};

/** Replaces one replica, or all of a version's. */
export const restartInstances = async (
  session: Session,
  service: string,
  version: string,
  instance: string | undefined,
): Promise<void> => {
  const path = { service, version };
  const route = `GET ${VERSION}/instances` as const;
  const ids =
    instance === undefined
      ? (await itemsOf(session, route, { path }, MANY)).items.map(({ id }) => id)
      : [instance];
  for (const id of ids) {
    await session.call(`POST ${VERSION}/instances/{instance}/restart`, {
      path: { ...path, instance: id },
    });
    session.say(`${id} is being replaced.`);
  }
  if (ids.length === 0) session.say(`${service} ${version} has no replicas to restart.`);
};

const contentOf = ({ model, description, compute, env }: ContentOptions) => ({
  ...(model && { model }),
  ...(description !== undefined && { description }),
  ...(compute && { compute }),
  ...(env && { environment: { ...env } }),
});

const tell = ({ answer, print }: Session, version: Version): Promise<void> =>
  answer(version, () => print(`${version.service} ${version.name} is ${version.status}`));
