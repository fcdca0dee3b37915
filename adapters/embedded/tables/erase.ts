import { existsSync } from 'node:fs';
import type { Erasure, ErasureReport } from '../../../core/tables/erasure';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { findErased } from './erased-requests';
import { dropTaken } from './label-build';
import type { LabelNeeds } from './label-needs';
import { carryOut, finishDecided, partPath } from './part-files';
import { literal } from './quoting';
import { type Removed, removeRows } from './remove-rows';
import type { Part, Replacement, Waiting } from './table-state';
import type { Description } from './unpack-service';
import { draftOf, waitingPaths } from './waiting-files';

interface Needs extends Pick<LabelNeeds, 'duck' | 'state' | 'folder'> {
  readonly describe: (service: string) => Promise<Pick<Description, 'table'> | undefined>;
}

/**
 * Takes whole requests of a service out of all tables: with their rows, those of their comparisons,
 * their errors and labels. All that is captured must be in the tables before.
 * @throws `invalid-input` for a column that there is not, or a value that it cannot have
 */
export const erase = async (
  needs: Needs,
  service: string,
  what: Erasure,
): Promise<ErasureReport> => {
  const { duck, state } = needs;
  await finishDecided(state);
  await findErased(needs, service, what);
  const ofService = `service = ${literal(service)}`;
  const known = 'request_id IN (SELECT request_id FROM erased)';
  const labels = `${ofService} AND (${known} OR left(example_id, 36) IN (SELECT request_id FROM erased)
    OR client_request_id IN (SELECT client_request_id FROM erased WHERE client_request_id IS NOT NULL))`;
  const requests = await removeRows(needs, partsOf(needs, 'requests'), `${ofService} AND ${known}`);
  const rows = await removeRows(needs, partsOf(needs, tableNameOf(service)), known);
  const errors = await removeRows(needs, partsOf(needs, errorsTableNameOf(service)), known);
  const labelled = await removeRows(needs, partsOf(needs, 'labels'), labels);
  await decide(needs, [requests, rows, errors, labelled], await waitingWithout(needs, service));
  await duck.run('DROP TABLE erased');
  return {
    ...{ requests: requests.rows, rows: rows.rows },
    ...{ errors: errors.rows, labels: labelled.rows },
  };
};

/**
 * Takes everything of a service out of all tables, and forgets which labels came: with the service
 * the same may come again.
 */
export const purge = async (
  needs: Needs & Pick<LabelNeeds, 'labels'>,
  service: string,
): Promise<ErasureReport> => {
  await finishDecided(needs.state);
  // A file that a crash has left of a batch would be taken in once the batch is forgotten.
  dropTaken(needs.labels, needs.state);
  const ofService = `service = ${literal(service)}`;
  const requests = await removeRows(needs, partsOf(needs, 'requests'), ofService);
  const labels = await removeRows(needs, partsOf(needs, 'labels'), ofService);
  const rows = whole(needs, partsOf(needs, tableNameOf(service)));
  const errors = whole(needs, partsOf(needs, errorsTableNameOf(service)));
  await needs.duck.run(
    'CREATE OR REPLACE TABLE erased AS SELECT NULL::VARCHAR AS request_id WHERE false',
  );
  await decide(
    needs,
    [requests, rows, errors, labels],
    await waitingWithout(needs, service, 'true'),
    service,
  );
  return {
    ...{ requests: requests.rows, rows: rows.rows },
    ...{ errors: errors.rows, labels: labels.rows },
  };
};

const partsOf = ({ state }: Needs, table: string): readonly Part[] =>
  state.allParts().filter((part) => part.table === table);

/** Parts that go as they are. */
export const whole = ({ folder }: Pick<Needs, 'folder'>, parts: readonly Part[]): Removed => ({
  replacements: [],
  removals: parts.map((part) => ({ path: partPath(folder, part), part })),
  rows: parts.reduce((sum, part) => sum + part.rows, 0),
});

interface Kept {
  readonly replacements: readonly Replacement[];
  readonly waiting: Readonly<Record<string, Waiting>>;
}

const decide = async (
  { state }: Needs,
  removed: readonly Removed[],
  { replacements, waiting }: Kept,
  purged?: string,
): Promise<void> => {
  const all = [...removed.flatMap((part) => part.replacements), ...replacements];
  const removals = removed.flatMap((part) => part.removals);
  await carryOut(state, {
    ...{ replacements: all, removals, waiting },
    ...(purged !== undefined && { purged }),
  });
};

/** Drafts of a service's waiting labels without those of `erased`, or without all of them. */
const waitingWithout = async (needs: Needs, service: string, all = 'false'): Promise<Kept> => {
  const counts = needs.state.waiting().get(service);
  if (!counts) return { replacements: [], waiting: {} };
  const { examples, clients } = waitingPaths(needs.folder, service);
  const kept = async (path: string, condition: string) => {
    if (!existsSync(path)) return null;
    const select = `SELECT * FROM read_parquet(${literal(path)}) WHERE NOT (${all} OR coalesce(${condition}, false))`;
    return draftOf(needs, path, select);
  };
  const rows = await kept(examples, 'left(example_id, 36) IN (SELECT request_id FROM erased)');
  const labels = await kept(
    clients,
    all === 'true'
      ? 'true'
      : 'client_request_id IN (SELECT client_request_id FROM erased WHERE client_request_id IS NOT NULL)',
  );
  return {
    replacements: [rows, labels].flatMap((part) => part?.replacement ?? []),
    waiting: { [service]: { examples: rows?.rows ?? 0, clients: labels?.rows ?? 0 } },
  };
};
