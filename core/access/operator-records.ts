import type { Page, PageRequest } from '../shared/page';
import type { Change, RecordStore, StoredRecord } from '../shared/record-store';
import { removalOf } from '../shared/remove-records';
import type { Stamps, Stored } from '../shared/stored';
import type { Operator } from './access-types';
import { credentialRecords } from './credential-records';

/** An operator as others may see one. */
export interface OperatorView extends Operator, Stamps {}

/** An operator as it is remembered. */
export interface OperatorRow extends OperatorView {
  /** Of the token; the token itself is kept nowhere. */
  readonly digest: string;
}

const OPERATORS = 'operators';
const rowKey = (id: string) => ({ partition: OPERATORS, sort: id });
const nameKey = (name: string) => ({ partition: 'operator-names', sort: name });
// One document names all admins, so that two who remove each other at once cannot both succeed.
const ADMINS = { partition: 'operator-roles', sort: 'admin' };

/** Operators, as documents of a `RecordStore`; their tokens as digests. */
export const operatorRecords = (store: RecordStore) => {
  const credentials = credentialRecords(store);
  const credentialOf = ({ id }: OperatorRow) => ({ kind: 'operator', id }) as const;
  const toRow = ({ document, revision }: StoredRecord): Stored<OperatorRow> => ({
    ...(document as OperatorRow),
    revision,
  });

  const readAdmins = async () => {
    const record = await store.get(ADMINS);
    return { ids: (record?.document ?? []) as readonly string[], seen: record?.revision ?? 0 };
  };

  return {
    async find(id: string): Promise<Stored<OperatorRow> | undefined> {
      const record = await store.get(rowKey(id));
      return record && toRow(record);
    },

    async isNameTaken(name: string): Promise<boolean> {
      return (await store.get(nameKey(name))) !== undefined;
    },

    async admins(): Promise<readonly string[]> {
      return (await readAdmins()).ids;
    },

    /** In the order of their ids. */
    async list({ limit, cursor }: PageRequest): Promise<Page<Stored<OperatorView>>> {
      const { records, next = null } = await store.list({
        partition: OPERATORS,
        limit,
        ...(cursor !== undefined && { after: cursor }),
      });
      return { items: records.map((record) => operatorView(toRow(record))), next_cursor: next };
    },

    async add(row: OperatorRow): Promise<Stored<OperatorRow>> {
      const { ids, seen } = await readAdmins();
      const admins: Change = { ...ADMINS, seen, put: [...ids, row.id] };
      await store.transact([
        { ...rowKey(row.id), seen: 0, put: row },
        { ...nameKey(row.name), seen: 0, put: { id: row.id } },
        credentials.adding(row.digest, credentialOf(row)),
        ...(row.role === 'admin' ? [admins] : []),
      ]);
      const added = await store.get(rowKey(row.id));
      return added ? toRow(added) : { ...row, revision: 1 };
    },

    /** Gives an operator another token; the one before opens nothing more. */
    async replaceDigest(
      { revision, ...was }: Stored<OperatorRow>,
      digest: string,
      updated_at: string,
    ): Promise<Stored<OperatorRow>> {
      const is: OperatorRow = { ...was, digest, updated_at };
      await store.transact([
        { ...rowKey(is.id), seen: revision, put: is },
        credentials.adding(digest, credentialOf(is)),
        ...(await credentials.removing([was.digest])),
      ]);
      return { ...is, revision: revision + 1 };
    },

    /** False, and nothing removed, when it is the last admin. */
    async remove({ revision, ...row }: Stored<OperatorRow>): Promise<boolean> {
      const { ids, seen } = await readAdmins();
      const left = ids.filter((id) => id !== row.id);
      if (left.length === 0) return false;
      await store.transact([
        { ...rowKey(row.id), seen: revision, remove: true },
        { ...ADMINS, seen, put: left },
        ...(await removalOf(store, [nameKey(row.name)])),
        ...(await credentials.removing([row.digest])),
      ]);
      return true;
    },
  };
};

/** Where operators are kept. */
export type OperatorRecords = ReturnType<typeof operatorRecords>;

/** An operator without the digest of the token. */
export const operatorView = ({ digest: _, ...view }: Stored<OperatorRow>): Stored<OperatorView> =>
  view;

/** Nothing but who it is and what it may do. */
export const toOperator = ({ id, name, role, data }: Operator): Operator => ({
  id,
  name,
  role,
  data,
});
