import middy from '@middy/core';
import type { EventBridgeEvent } from 'aws-lambda';
import { serviceOfStack, servicesOfEndpoint } from '../core/services/service-template-names';
import { variable } from './support/environment';
import { observed, report } from './support/observability';
import { openServiceRoom } from './support/service-room';

/** What CloudFormation and SageMaker tell, as far as it is read; of a schedule nothing is. */
interface Told {
  readonly 'stack-id'?: string;
  readonly EndpointName?: string;
}

const stage = variable('STAGE');
const room = openServiceRoom();

const servicesIn = ({ 'stack-id': stack, EndpointName: endpoint }: Told): readonly string[] => {
  if (stack !== undefined) return [serviceOfStack(stage, stack) ?? []].flat();
  return endpoint === undefined ? [] : servicesOfEndpoint(stage, endpoint);
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

/**
 * Brings services to what is wanted: those that something is told about, and every minute all. What
 * is told is a hint only; what is the case is asked.
 */
export const handler = middy<EventBridgeEvent<string, Told>, void>()
  .use(observed())
  .handler(async ({ detail }) => {
    const hinted = servicesIn(detail ?? {});
    if (hinted.length > 0) await Promise.all(hinted.map(room.changed));
    else await eachInTurn(room.finishDeletions, room.sweep, lookAtOthers);
    await room.events.settled();
  });
