import middy from '@middy/core';
import type { EventBridgeEvent } from 'aws-lambda';
import { now } from '../adapters/primitives';
import { serviceOfEndpoint, serviceOfStack } from '../core/services/service-template-names';
import { variable } from './support/environment';
import { observed, report } from './support/observability';
import { openServiceRoom } from './support/service-room';
import type { Asker } from './support/waiting-deployment';

/** What operators' changes, deployments, CloudFormation and SageMaker tell, as far as it is read; of a schedule nothing is. */
interface Told {
  readonly service?: string;
  readonly 'stack-id'?: string;
  readonly EndpointName?: string;
  /** Whom to tell that the services of a manifest are as it says. */
  readonly deployment?: Asker;
}

const stage = variable('STAGE');
const room = openServiceRoom();

const servicesIn = (told: Told): readonly string[] => {
  const { service, 'stack-id': stack, EndpointName: endpoint } = told;
  if (service !== undefined) return [service];
  const ofStack = stack === undefined ? undefined : serviceOfStack(stage, stack);
  const ofEndpoint = endpoint === undefined ? undefined : serviceOfEndpoint(stage, endpoint);
  return [ofStack ?? ofEndpoint ?? []].flat();
};

/** Those that a deployment has brought, and those whose record is gone and whose stack is not. */
const lookAtOthers = async (): Promise<void> => {
  const others = [...(await room.manifest.services()), ...(await room.host.services())];
  for (const name of new Set(others)) {
    if (!(await room.services.read(name))) await room.changed(name);
  }
};

/** What fails holds up nothing that comes after it. @throws at the end, for the alarm */
const eachInTurn = async (...works: readonly (() => Promise<void>)[]): Promise<void> => {
  const failures: unknown[] = [];
  for (const work of works) {
    await work().catch((error: unknown) => {
      report(error, '');
      failures.push(error);
    });
  }
  if (failures.length > 0) throw new AggregateError(failures, 'not all could be looked after');
};

const lookAt = async (names: readonly string[]): Promise<void> => {
  const since = now().getTime();
  await Promise.all(names.map(room.changed));
  await room.deployment.look(since);
};

const lookAtAll = (): Promise<void> => {
  const since = now().getTime();
  const answered = (): Promise<void> => room.deployment.look(since);
  return eachInTurn(room.finishDeletions, room.sweep, lookAtOthers, answered);
};

/**
 * Brings services to what is wanted: those that something is told about, and every minute all. What
 * is told is a hint only; what is the case is asked.
 */
export const handler = middy<EventBridgeEvent<string, Told>, void>()
  .use(observed())
  .handler(async ({ detail }) => {
    const told = detail ?? {};
    if (told.deployment) await room.deployment.begin(told.deployment);
    const hinted = servicesIn(told);
    if (hinted.length > 0) await lookAt(hinted);
    else await lookAtAll();
    await room.events.settled();
  });
