/** Documents of one partition list together, ordered by the bytes of their sort key. */
export interface RecordKey {
  readonly partition: string;
  readonly sort: string;
}

/** A document is what JSON can say. */
export interface StoredRecord extends RecordKey {
  readonly document: unknown;
  /**
   * One more with each write, 1 when first written. It never repeats for a key: what was removed or
   * has expired goes on counting when it is written anew.
   */
  readonly revision: number;
}

/** `seen` is the revision the writer read; 0 says there was no record. */
export type Change = RecordKey & { readonly seen: number } & (
    | { readonly put: unknown; readonly expiresAt?: Date }
    | { readonly remove: true }
    | { readonly check: true }
  );

/** Which documents of a partition to list, and from where. */
export interface ListRequest {
  readonly partition: string;
  readonly prefix?: string;
  readonly limit: number;
  /** The last sort key of the page before, with the same prefix. */
  readonly after?: string;
}

/** One page of a partition, in the order of its sort keys. */
export interface RecordPage {
  readonly records: readonly StoredRecord[];
  /** Present only when there is more: give it as `after`. */
  readonly next?: string;
}

/** Hidden revisions of what is gone are kept this long: longer than any writer holds what it read. */
export const REVISION_MEMORY_MS = 30 * 24 * 3600 * 1000;

/**
 * Remembers documents. Reads see every completed write; an expired record is not there.
 *
 * A removed record leaves its revision behind as a tombstone that no reader sees, and the next put
 * continues it. On DynamoDB each change is one conditional write: a put is an Update that sets the
 * document and `revision = if_not_exists(revision, :0) + :1`; a removal is an Update that takes the
 * document off and leaves the item; the condition is `revision = :seen` on a live document, or for
 * `seen: 0` that there is no document or that it has expired. The time-to-live attribute is
 * `REVISION_MEMORY_MS` after the removal or expiry.
 */
export interface RecordStore {
  get(key: RecordKey): Promise<StoredRecord | undefined>;

  /** May see a transaction that is just being applied by half: DynamoDB promises no more. */
  list(request: ListRequest): Promise<RecordPage>;

  /**
   * Applies all changes or none: at most 100, each on another key.
   * Rejects with `revision-conflict` when a record is not at the revision its writer saw.
   */
  transact(changes: readonly Change[]): Promise<void>;
}

/** What DynamoDB refuses, refused in both homes; so nothing breaks on the way to AWS. */
export const assertTransaction = (changes: readonly Change[]): void => {
  const keys = new Set(changes.map(({ partition, sort }) => JSON.stringify([partition, sort])));
  if (changes.length < 1 || changes.length > 100 || keys.size < changes.length) {
    throw new RangeError(`${changes.length} changes of ${keys.size} keys are not one transaction`);
  }
};
