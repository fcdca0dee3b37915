import type { Page } from '../shared/page';
import type { Change, RecordStore } from '../shared/record-store';
import { type EventQuery, eventRecords } from './event-records';
import type { ServiceEvent } from './service-event';

/** Something that just happened. */
export interface Happening
  extends Pick<ServiceEvent, 'level' | 'resource_kind' | 'resource_name' | 'type' | 'message'> {
  readonly service: string;
}

interface Needs {
  readonly store: RecordStore;
  readonly guard: (service: string) => Promise<Change | undefined>;
  readonly now: () => Date;
  /** Told of what could not be written down. */
  readonly report: (error: unknown) => void;
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
 * `count`.
 */
export const serviceEvents = ({ store, guard, now, report }: Needs) => {
  const records = eventRecords({ store, guard, max: MAX_EVENTS });
  const waiting = new Map<string, Map<string, ServiceEvent>>();
  const writing = new Map<string, Promise<void>>();

  const write = async (service: string): Promise<void> => {
    // Let the caller go on, so that what happens together is written together.
    await Promise.resolve();
    const batch = waiting.get(service) ?? new Map<string, ServiceEvent>();
    waiting.delete(service);
    for (const [id, event] of batch) await records.see({ service, id, event });
    await records.trim(service);
  };

  const start = (service: string): void => {
    const written = write(service)
      .catch(report)
      .finally(() => {
        writing.delete(service);
        if (waiting.has(service)) start(service);
      });
    writing.set(service, written);
  };

  return {
    list: (query: EventQuery): Promise<Page<ServiceEvent>> => records.list(query),

    /** Writes it down soon and never fails; of more than 500 kinds at once the rest is dropped. */
    happened(happening: Happening): void {
      const { service, ...rest } = happening;
      const message = happening.message.slice(0, MAX_MESSAGE);
      const id = idOf({ ...happening, message });
      const batch = waiting.get(service) ?? new Map<string, ServiceEvent>();
      const known = batch.get(id);
      if (!known && batch.size >= MAX_EVENTS) return;
      const at = now().toISOString();
      batch.set(id, {
        first_seen: known?.first_seen ?? at,
        last_seen: at,
        ...rest,
        message,
        count: (known?.count ?? 0) + 1,
      });
      waiting.set(service, batch);
      if (!writing.has(service)) start(service);
    },

    /** Deletes a service's events. */
    async removeOf(service: string): Promise<void> {
      waiting.delete(service);
      await writing.get(service);
      await records.removeOf(service);
    },

    /** Resolves when all that happened so far is written down. */
    async settled(): Promise<void> {
      while (writing.size > 0) await Promise.all(writing.values());
    },
  };
};

export type ServiceEvents = ReturnType<typeof serviceEvents>;
