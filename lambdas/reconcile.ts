import middy from '@middy/core';
import type { EventBridgeEvent } from 'aws-lambda';
import { now } from '../adapters/primitives';
import { alarmEvent } from './support/alarm-event';
import { variable } from './support/environment';
import { observed, report } from './support/observability';
import { openServiceRoom } from './support/service-room';
import { isAlarm, servicesIn, type Told } from './support/told';

const stage = variable('STAGE');
const room = openServiceRoom();

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

/** An alarm is more than a hint: nothing else says that it rang. */
const note = (told: Told): void => {
  const happening = isAlarm(told) ? alarmEvent(stage, told) : undefined;
  if (happening) room.events.happened(happening);
};

/**
 * Brings services to what is wanted: those that something is told about, and every minute all. What
 * is told is a hint only; what is the case is asked.
 */
export const handler = middy<EventBridgeEvent<string, Told>, void>()
  .use(observed())
  .handler(async ({ detail }) => {
    const told = detail ?? {};
    note(told);
    try {
      if (told.deployment) await room.deployment.begin(told.deployment);
      const hinted = servicesIn(stage, told);
      if (hinted.length > 0) await lookAt(hinted);
      else await lookAtAll();
    } finally {
      // Nobody tells of an alarm again: it is written down whatever fails beside it.
      await room.events.settled();
    }
  });
