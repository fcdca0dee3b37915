import type { ItemOf } from '../control-api';
import type { Session } from '../session';
import { printable } from '../terminal/printable';
import { localTime } from '../terminal/times';
import { statusPaint } from './status-paint';

/** Something that happened to a service. */
export type Event = ItemOf<'GET /api/services/{service}/events'>;

const EVERY_MS = 2000;
const PAGE = 500;

/** Prints events, oldest first, then each that comes or comes again. Ends with the process. */
export const followEvents = async (
  { call, json, print, paint }: Session,
  service: string,
  from: string | undefined,
): Promise<never> => {
  const counts = new Map<string, number>();
  for (;;) {
    const { items } = await call('GET /api/services/{service}/events', {
      path: { service },
      query: { from, limit: PAGE },
    });
    for (const event of items.toReversed()) {
      const { level, resource_kind, resource_name, type, message, count, first_seen } = event;
      const identity = JSON.stringify([level, resource_kind, resource_name, type, first_seen]);
      if (counts.get(identity) === count) continue;
      counts.set(identity, count);
      const line = `${resource_kind} ${resource_name}: ${message}${count > 1 ? ` (${count} times)` : ''}`;
      await print(
        json
          ? JSON.stringify(event)
          : `${localTime(event.last_seen)}  ${statusPaint(paint)(level)}  ${printable(line)}`,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  }
};
