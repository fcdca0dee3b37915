import type { VersionState } from '../../../core/inference/model-host';
import type { PlannedVersion } from '../../../core/services/service-template-shape';
import type { RecordStore } from '../../../core/shared/record-store';

/** Where a version answers now, and with which model. */
export interface Serving {
  readonly endpoint: string;
  readonly model: { readonly name: string; readonly version: number };
}

/** A version as the last look found it. */
export interface FoundVersion extends VersionState {
  /** Null while it must not be asked. */
  readonly serving: Serving | null;
}

/** What came of holding a version's answers against the expected ones, at one of its endpoints. */
export interface Gate {
  readonly endpoint: string;
  /** Values of the platform that the endpoint had then: with others it is asked again. */
  readonly platform: string;
  /** The values with which it passed last; null when it never did. */
  readonly passedWith: string | null;
  /** Empty when it passed; null when it could not be asked yet. */
  readonly faults: readonly string[] | null;
  readonly trouble: string | null;
}

/** An endpoint that its version has left; who has not heard of that still asks it. */
export interface Leaving {
  readonly endpoint: string;
  /** Since when, in RFC 3339. */
  readonly since: string;
  /** The version that is not wanted any more; null for one that answers elsewhere by now. */
  readonly asked: { readonly version: string; readonly model: Serving['model'] } | null;
}

/** What the host knows of a service: kept in the records, so that every function sees the same. */
export interface HostRecord {
  /** Digest of the template of the plan that was looked at last. */
  readonly wanted: string | null;
  /** What the stack was last asked to become, and when it had last changed by then. */
  readonly asked: { readonly key: string; readonly since: string | null } | null;
  /** What is wanted and could not be brought about: it is not tried again until the wish changes. */
  readonly failed: { readonly key: string; readonly reason: string } | null;
  /** Why what runs goes on instead of what is wanted; null while that may still come. */
  readonly refusal: string | null;
  /** The template that is in force; null while there is none. */
  readonly inForce: {
    readonly digest: string;
    readonly versions: readonly PlannedVersion[];
  } | null;
  readonly gates: readonly Gate[];
  readonly leaving: readonly Leaving[];
  readonly versions: readonly FoundVersion[];
  /** What operators want, as it was when all of it was in force. */
  readonly wish: string | null;
  /** Whether it may have a place among those that the platform moves. */
  readonly isMoving: boolean;
  /** Endpoints that it has or shall have, in whose log groups there may be lines. */
  readonly endpoints: readonly string[];
}

/** Of a service that nobody has asked anything for. */
export const NOTHING: HostRecord = {
  wanted: null,
  asked: null,
  failed: null,
  refusal: null,
  inForce: null,
  gates: [],
  leaving: [],
  versions: [],
  wish: null,
  isMoving: false,
  endpoints: [],
};

const HOST = 'host';
const keyOf = (service: string) => ({ partition: HOST, sort: service });

/** A host record with the revision that a write must still find; 0 when it was never written. */
export interface SeenRecord {
  readonly record: HostRecord;
  readonly seen: number;
}

/** Host records of a `RecordStore`. */
export const hostRecords = (store: RecordStore) => ({
  async read(service: string): Promise<SeenRecord> {
    const found = await store.get(keyOf(service));
    if (!found) return { record: NOTHING, seen: 0 };
    return { record: found.document as HostRecord, seen: found.revision };
  },

  /** @throws `revision-conflict` when somebody wrote since */
  write: (service: string, { record, seen }: SeenRecord): Promise<void> =>
    store.transact([{ ...keyOf(service), seen, put: record }]),

  /** @throws `revision-conflict` when somebody wrote since */
  async remove(service: string, seen: number): Promise<void> {
    if (seen > 0) await store.transact([{ ...keyOf(service), seen, remove: true }]);
  },

  /** The services that have one, also those that are gone and whose stack is not. */
  async services(): Promise<readonly string[]> {
    const names: string[] = [];
    let after: string | undefined;
    do {
      const page = await store.list({
        partition: HOST,
        limit: 100,
        ...(after !== undefined && { after }),
      });
      names.push(...page.records.map(({ sort }) => sort));
      after = page.next;
    } while (after !== undefined);
    return names;
  },
});
