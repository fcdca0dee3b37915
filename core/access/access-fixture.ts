import { hash, randomBytes } from 'node:crypto';
import { sqliteRecordStore } from '../../adapters/embedded/sqlite-record-store';
import type { RecordStore } from '../shared/record-store';
import { access } from './access';
import type { KeptCredentials } from './kept-credentials';

/** Kept in memory, to be looked at. */
const keptInMemory = (): KeptCredentials & {
  readonly keys: Map<string, string>;
  token: string | null;
} => {
  const keys = new Map<string, string>();
  return {
    keys,
    token: null,
    async operatorToken() {
      return this.token;
    },
    async keepOperatorToken(token) {
      this.token = token;
    },
    async keepKey(service, name, key) {
      keys.set(`${service}/${name}`, key);
    },
    async changeKey(service, name, key) {
      const at = `${service}/${name}`;
      if (!keys.has(at)) return;
      if (key === null) keys.delete(at);
      else keys.set(at, key);
    },
    async forgetKeysOf(service) {
      for (const at of keys.keys()) if (at.startsWith(`${service}/`)) keys.delete(at);
    },
  };
};

/** Access over records in memory, with the services `wine` and `beer` and a clock that can be set. */
export const openAccess = async (wrap = (records: RecordStore): RecordStore => records) => {
  const clock = { ms: Date.parse('2026-01-14T12:00:00Z') };
  const now = () => new Date(clock.ms);
  let ids = 0;
  const records = wrap(sqliteRecordStore(':memory:', { now }));
  const kept = keptInMemory();
  const serviceKey = (sort: string) => ({ partition: 'services', sort });
  for (const name of ['wine', 'beer']) {
    await records.transact([{ ...serviceKey(name), seen: 0, put: {} }]);
  }
  const needs = {
    records,
    kept,
    guard: async (name: string) => {
      const record = await records.get(serviceKey(name));
      return record && { ...serviceKey(name), seen: record.revision, check: true as const };
    },
    digest: (text: string) => hash('sha256', text),
    randomBytes: (count: number) => randomBytes(count),
    newId: () => `019b0000-0000-7000-8000-${(ids++).toString(16).padStart(12, '0')}`,
    now,
  };
  const deleteService = async (name: string) => {
    const record = await records.get(serviceKey(name));
    if (!record) return;
    await records.transact([{ ...serviceKey(name), seen: record.revision, remove: true }]);
  };
  const all = access(needs);
  return {
    ...all,
    clock,
    records,
    kept,
    deleteService,
    /** Another process on the same records. */
    another: () => access(needs),
    /** A key for `wine` with defaults. */
    newKey: (over: Partial<Parameters<typeof all.createKey>[0]> = {}) =>
      all.createKey({
        service: 'wine',
        name: 'shop',
        scopes: ['predict'],
        throttle: null,
        expires_at: null,
        created_by: 'ann',
        ...over,
      }),
  };
};

/** All that the store remembers, as one text: nothing in it may open anything. */
export const everythingIn = async (records: RecordStore, partitions: readonly string[]) => {
  const pages = await Promise.all(
    partitions.map((partition) => records.list({ partition, limit: 1000 })),
  );
  return JSON.stringify(pages);
};
