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
/**
 * Characters of what was asked for. A route takes no longer statement, so that none runs of which the
 * audit has only a part.
 */
export const LONGEST_DETAIL = 100_000;
/** Read at a time, since entries may be large. */
const READ_AT_A_TIME = 50;
/** Bytes of a page, if it has more than one entry: a function's answer has room for 4.5 MB. */
const MOST_BYTES = 4_000_000;

/** Who did what and when. Entries are written once, never changed and never removed. */
export const auditLog = ({ records, newId, now }: Needs) => ({
  async append(entry: NewAuditEntry): Promise<void> {
    const id = newId();
    const resource = entry.resource.slice(0, LONGEST_RESOURCE);
    const detail = entry.detail === undefined ? undefined : kept(entry.detail);
    const put: AuditEntry = {
      ...entry,
      id,
      time: now().toISOString(),
      resource,
      ...(detail !== undefined && { detail }),
    };
    await records.transact([{ partition: PARTITION, sort: newestFirst(id), seen: 0, put }]);
  },

  /** Newest first, fewer than `limit` where they are large; the cursor is the last entry's id. */
  async list({ limit, cursor }: PageRequest): Promise<Page<AuditEntry>> {
    const items: AuditEntry[] = [];
    let bytes = 0;
    let after = cursor === undefined ? undefined : newestFirst(cursor);
    do {
      const page = await records.list({
        partition: PARTITION,
        limit: Math.min(limit - items.length, READ_AT_A_TIME),
        ...(after !== undefined && { after }),
      });
      for (const { document } of page.records) {
        const entry = document as AuditEntry;
        bytes += utf8.encode(JSON.stringify(entry)).length;
        const last = items.at(-1);
        if (last && bytes > MOST_BYTES) return { items, next_cursor: last.id };
        items.push(entry);
      }
      after = page.next;
    } while (after !== undefined && items.length < limit);
    return { items, next_cursor: after === undefined ? null : (items.at(-1)?.id ?? null) };
  },
});

/** Writes and lists the audit. */
export type AuditLog = ReturnType<typeof auditLog>;

const utf8 = new TextEncoder();

/**
 * Control characters as their pictures, halves of pairs as U+FFFD: JSON writes either in 6 bytes, and
 * 100,000 of them would not fit into a record of DynamoDB. All others take 3 at most.
 */
const kept = (detail: string): string =>
  detail
    .slice(0, LONGEST_DETAIL)
    .toWellFormed()
    .replace(/[^\t\n\r -\u{10ffff}]/gu, (control) =>
      String.fromCharCode(0x2400 + control.charCodeAt(0)),
    );

/** Ids begin with their time in hexadecimal; with each digit turned round the newest lists first. */
const newestFirst = (id: string): string =>
  id.toLowerCase().replace(/[0-9a-f]/g, (digit) => (15 - Number.parseInt(digit, 16)).toString(16));
