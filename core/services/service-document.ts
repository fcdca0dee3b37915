import type { StoredRecord } from '../shared/record-store';
import type { Stamps, Stored } from '../shared/stored';
import type { AppliedManifest } from './manifest';
import type { Service, ServiceVersion } from './service';

/** A service with all its versions: what one write changes, so that no rule between them can break. */
export interface ServiceDocument {
  readonly service: Stored<Service>;
  /** In the order they were added. */
  readonly versions: readonly Stored<ServiceVersion>[];
  /** Null when no manifest applies to it. */
  readonly applied: AppliedManifest | null;
  /** Revision of the whole, which a write must still find. */
  readonly seen: number;
}

/** What a change makes of a document; revisions and `updated_at` are the records' to set. */
export interface ServiceDraft {
  readonly service: Service;
  readonly versions: readonly ServiceVersion[];
  readonly applied: AppliedManifest | null;
}

/** A deletion that has begun: nobody sees the service, and its name is taken until all is gone. */
export interface Deletion {
  readonly purge: boolean;
}

/** The revision of what a first write made is only known to the store: until the next it is null. */
type Unnumbered<T> = T & { readonly revision: number | null };

/** A service as its record holds it; of one that is being deleted no more is looked at than that. */
export type ServiceRow =
  | {
      readonly service: Unnumbered<Service>;
      readonly versions: readonly Unnumbered<ServiceVersion>[];
      readonly applied: AppliedManifest | null;
      readonly deleting: null;
    }
  | { readonly deleting: Deletion };

const numbered = <T>(part: Unnumbered<T>, revision: number): Stored<T> => ({
  ...part,
  revision: part.revision ?? revision,
});

/** A record as read; undefined for a service that is being deleted. */
export const toDocument = ({ document, revision }: StoredRecord): ServiceDocument | undefined => {
  const row = document as ServiceRow;
  if (row.deleting) return;
  const { service, versions, applied } = row;
  return {
    service: numbered(service, revision),
    versions: versions.map((version) => numbered(version, revision)),
    applied,
    seen: revision,
  };
};

/** What the first write of a service writes. */
export const newRow = ({ service, versions, applied }: ServiceDraft): ServiceRow => ({
  service: { ...service, revision: null },
  versions: versions.map((version) => ({ ...version, revision: null })),
  applied,
  deleting: null,
});

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

const stamped = <T extends Stamps>(
  before: Stored<T> | undefined,
  after: T,
  at: string,
  revision: number,
): Stored<T> => {
  if (!before) return { ...after, revision };
  const unmoved = { ...after, updated_at: before.updated_at, revision: before.revision };
  return same(before, unmoved) ? before : { ...unmoved, updated_at: at, revision };
};

/**
 * The next document: new revisions and times for just the parts that changed, and the very document
 * that was read when nothing did.
 */
export const nextDocument = (
  before: ServiceDocument,
  after: ServiceDraft,
  at: string,
): ServiceDocument => {
  const seen = before.seen + 1;
  const service = stamped<Service>(before.service, after.service, at, seen);
  const versions = after.versions.map((version) =>
    stamped<ServiceVersion>(
      before.versions.find(({ id }) => id === version.id),
      version,
      at,
      seen,
    ),
  );
  const next = { service, versions, applied: after.applied, seen: before.seen };
  return same(before, next) ? before : { ...next, seen };
};
