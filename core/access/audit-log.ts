import type { Page, PageRequest } from '../shared/page';
import type { RecordStore } from '../shared/record-store';
import type { AuditEntry } from './access-types';

interface Needs {
  readonly records: RecordStore;
  readonly newId: () => string;
  readonly now: () => Date;
}

/** An entry before it has its id and time. */
export type NewAuditEntry = Omit<AuditEntry, 'id' | 'time'>;

const PARTITION = 'audit';
const LONGEST_RESOURCE = 512;
const LONGEST_DETAIL = 10_000;

/** Who did what and when. Entries are written once, never changed and never removed. */
export const auditLog = ({ records, newId, now }: Needs) => ({
  async append(entry: NewAuditEntry): Promise<void> {
    const id = newId();
    const resource = entry.resource.slice(0, LONGEST_RESOURCE);
    const detail = entry.detail?.slice(0, LONGEST_DETAIL);
    const put: AuditEntry = {
      ...entry,
      id,
      time: now().toISOString(),
      resource,
      ...(detail !== undefined && { detail }),
    };
    await records.transact([{ partition: PARTITION, sort: newestFirst(id), seen: 0, put }]);
  },

  /** Newest first; the cursor is the last entry's id. */
  async list({ limit, cursor }: PageRequest): Promise<Page<AuditEntry>> {
    const { records: found, next } = await records.list({
      partition: PARTITION,
      limit,
      ...(cursor !== undefined && { after: newestFirst(cursor) }),
    });
    const items = found.map(({ document }) => document as AuditEntry);
    return { items, next_cursor: next === undefined ? null : (items.at(-1)?.id ?? null) };
  },
});

/** Writes and lists the audit. */
export type AuditLog = ReturnType<typeof auditLog>;

/** Ids begin with their time in hexadecimal; with each digit turned round the newest lists first. */
const newestFirst = (id: string): string =>
  id.toLowerCase().replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
