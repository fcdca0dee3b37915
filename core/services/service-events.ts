import type { Page } from '../shared/page';
import type { Change, RecordStore } from '../shared/record-store';
import { type EventQuery, eventRecords } from './event-records';
import type { ServiceEvent } from './service-event';

/** Something that just happened. */
export interface Happening
  extends Pick<ServiceEvent, 'level' | 'resource_kind' | 'resource_name' | 'type' | 'message'> {
  readonly service: string;
  /** How often it happened; once unless told. */
  readonly count?: number;
}

interface Needs {
  readonly store: RecordStore;
  readonly guard: (service: string) => Promise<Change | undefined>;
  readonly now: () => Date;
  /** Told once of a run of failures to write something down. */
  readonly report: (error: unknown) => void;
  /** Resolves when what failed shall be tried again. */
  readonly pause: () => Promise<void>;
}

/** Kinds of events kept per service; the one not seen for the longest goes. */
export const MAX_EVENTS = 500;
const MAX_MESSAGE = 1000;

// Cyrb53 (bryc, public domain): 53 bits tell 500 messages apart.
const hashOf = (text: string): string => {
  let high = 0xdeadbeef;
  let low = 0x41c6ce57;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    high = Math.imul(high ^ unit, 2654435761);
    low = Math.imul(low ^ unit, 1597334677);
  }
  high = Math.imul(high ^ (high >>> 16), 2246822507) ^ Math.imul(low ^ (low >>> 13), 3266489909);
  low = Math.imul(low ^ (low >>> 16), 2246822507) ^ Math.imul(high ^ (high >>> 13), 3266489909);
  return (4294967296 * (2097151 & low) + (high >>> 0)).toString(36);
};

const idOf = ({ type, resource_kind, resource_name, message }: Happening): string =>
  [type, resource_kind, resource_name, hashOf(message)].join('.');

/**
 * What happened to services. The same thing again (type, resource and message) moves `last_seen` and
 * `count`. What cannot be written down waits: a full disk says so itself, once there is room.
 */
export const serviceEvents = ({ store, guard, now, report, pause }: Needs) => {
  const records = eventRecords({ store, guard, max: MAX_EVENTS });
  const waiting = new Map<string, Map<string, ServiceEvent>>();
  const writing = new Map<string, Promise<void>>();
  const failing = new Set<string>();

  const keep = (service: string, id: string, event: ServiceEvent): void => {
    const batch = waiting.get(service) ?? new Map<string, ServiceEvent>();
    const known = batch.get(id);
    if (!known && batch.size >= MAX_EVENTS) return;
    const { first_seen, last_seen } = event;
    batch.set(id, {
      ...event,
      first_seen: known && known.first_seen < first_seen ? known.first_seen : first_seen,
      last_seen: known && known.last_seen > last_seen ? known.last_seen : last_seen,
      count: event.count + (known?.count ?? 0),
    });
    waiting.set(service, batch);
  };

  const write = async (service: string): Promise<void> => {
    // Let the caller go on, so that what happens together is written together.
    await Promise.resolve();
    const batch = waiting.get(service) ?? new Map<string, ServiceEvent>();
    waiting.delete(service);
    try {
      for (const [id, event] of batch) {
        await records.see({ service, id, event });
        batch.delete(id);
      }
      await records.trim(service);
    } catch (error) {
      report(error);
      failing.add(service);
      for (const [id, event] of batch) keep(service, id, event);
    }
  };

  const start = (service: string): void => {
    const written = write(service).finally(() => {
      writing.delete(service);
      if (failing.has(service)) void pause().then(() => retry(service));
      else if (waiting.has(service)) start(service);
    });
    writing.set(service, written);
  };

  const retry = (service: string): void => {
    failing.delete(service);
    if (waiting.has(service)) start(service);
  };

  return {
    list: (query: EventQuery): Promise<Page<ServiceEvent>> => records.list(query),

    /** Writes it down soon and never fails; of more than 500 kinds at once the rest is dropped. */
    happened(happening: Happening): void {
      const { service, count = 1, ...rest } = happening;
      const message = happening.message.slice(0, MAX_MESSAGE);
      const at = now().toISOString();
      const event = { first_seen: at, last_seen: at, ...rest, message, count };
      keep(service, idOf({ ...happening, message }), event);
      if (!writing.has(service) && !failing.has(service)) start(service);
    },

    /** Deletes a service's events. */
    async removeOf(service: string): Promise<void> {
      waiting.delete(service);
      await writing.get(service);
      // What failed to be written meanwhile waits again, and the next service of this name would get it.
      waiting.delete(service);
      await records.removeOf(service);
    },

    /** Resolves when all that happened so far is written down, or waits for another try. */
    async settled(): Promise<void> {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
};

/** Writes events down and lists them. */
export type ServiceEvents = ReturnType<typeof serviceEvents>;
