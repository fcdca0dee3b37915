import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { LABELS } from '../../../core/tables/fixed-columns';
import { THE_LABEL } from '../../../core/tables/outcomes';
import type { Duck } from './duckdb';
import { CLIENTS_KEPT, clientMatches, keepClients } from './label-clients';
import type { LabelNeeds } from './label-needs';
import { CLIENT_LABELS, EXAMPLE_LABELS, named, winners } from './label-statements';
import { carryOut, finishDecided, partPath } from './part-files';
import { duckType, list, literal } from './quoting';
import { inPieces, settled } from './settled';
import type { Replacement, TableState, Waiting } from './table-state';
import { emptyRelation } from './unpack-statement';
import { draftOf, waitingPaths } from './waiting-files';
import { rowsOf, writeParts } from './write-parts';

/** What arrived. */
export interface LabelReport {
  readonly labels: number;
  /** By service, labels by a client's id that several requests carried. */
  readonly ambiguous: Counts;
  /** More have arrived than one build takes on. */
  readonly more: boolean;
}

/** A count of something by service. */
export type Counts = Readonly<Record<string, number>>;

/** Batches that one build takes on. */
const MOST_BATCHES = 500;
/**
 * Bytes of batches that one build takes on, or else one batch. Much, because what waits already is
 * written anew with each.
 */
const MOST_BYTES = 256 * 1024 * 1024;
/** Days that a label waits for its row. */
export const PATIENCE_DAYS = 7;

/** Takes batches in that have arrived: into `labels`, and to where their rows find them. */
export const takeLabels = async (needs: LabelNeeds): Promise<LabelReport | null> => {
  const { duck, state, folder, labels } = needs;
  const { files, more } = arrivedIn(labels, state);
  if (files.length === 0) return null;
  // Of a build, which may have failed on the way.
  await finishDecided(state);
  await readArrived(duck, files);
  const arrived = { table: 'labels', columns: LABELS, key: null, relation: 'arrived' };
  // Side by side, where there are two cores.
  const [parts, found] = await settled([
    rowsOf(duck, arrived).then((rows) => writeParts({ duck, state, folder }, rows)),
    findRows(needs, 'arrived'),
  ]);
  await carryOut(state, {
    replacements: [...parts, ...found.replacements],
    waiting: found.waiting,
    batches: files.map(({ id }) => id),
    batchesOf: await servicesOf(duck),
  });
  for (const { path } of files) rmSync(path, { force: true });
  const [counts] = await duck.rows('SELECT count(*)::INTEGER AS labels FROM arrived');
  await duck.run('DROP TABLE arrived');
  return { labels: Number(counts?.labels), ambiguous: found.ambiguous, more };
};

/** Makes `arrived`, with `labels`' columns. */
const readArrived = async (duck: Duck, files: readonly Arrived[]): Promise<void> => {
  const typed = LABELS.map((column) => `${column.name} ${duckType(column.type)}`);
  await duck.run(`CREATE OR REPLACE TABLE arrived (${typed.join(', ')})`);
  const given = LABELS.filter((column) => column.name !== 'received_date').map(
    (column) => `${literal(column.name)}: ${literal(duckType(column.type))}`,
  );
  await inPieces(
    files.map(({ path }) => path),
    (some) =>
      duck.run(
        `INSERT INTO arrived BY NAME
         SELECT * REPLACE (coalesce(name, ${literal(THE_LABEL)}) AS name), received_at::DATE AS received_date
         FROM read_json(${list(some)}, format = 'newline_delimited', columns = {${given.join(', ')}})`,
      ),
  );
};

/** By batch in `arrived`, its service. */
const servicesOf = async (duck: Duck): Promise<Readonly<Record<string, string>>> => {
  const batches = await duck.rows('SELECT DISTINCT batch_id, service FROM arrived');
  return Object.fromEntries(batches.map((row) => [String(row.batch_id), String(row.service)]));
};

/** A batch's file. */
interface Arrived {
  readonly id: string;
  readonly path: string;
}

/** Batches that have arrived; some may be in the tables. */
export const batchesIn = (folder: string): readonly Arrived[] =>
  (existsSync(folder) ? readdirSync(folder) : [])
    .filter((file) => file.endsWith('.ndjson'))
    .toSorted()
    .map((file) => ({ id: file.slice(0, -'.ndjson'.length), path: join(folder, file) }));

/** Removes batches' files that are in the tables: left from a crash, or come again. */
export const dropTaken = (folder: string, state: TableState): void => {
  for (const { id, path } of batchesIn(folder))
    if (state.hasBatch(id)) rmSync(path, { force: true });
};

/** Batches that are new, as many as one build takes on. */
const arrivedIn = (
  folder: string,
  state: TableState,
): { readonly files: readonly Arrived[]; readonly more: boolean } => {
  dropTaken(folder, state);
  const fresh = batchesIn(folder).filter(({ id }) => !state.hasBatch(id));
  let bytes = 0;
  const files = fresh.slice(0, MOST_BATCHES).filter(({ path }, i) => {
    bytes += statSync(path).size;
    return i === 0 || bytes <= MOST_BYTES;
  });
  return { files, more: files.length < fresh.length };
};

interface Found {
  readonly replacements: readonly Replacement[];
  readonly waiting: Readonly<Record<string, Waiting>>;
  readonly ambiguous: Counts;
}

const CLIENTS = CLIENT_LABELS.map((column) => column.name).join(', ');
const EXAMPLES = EXAMPLE_LABELS.map((column) => column.name).join(', ');
const BUT_ID = EXAMPLE_LABELS.slice(1)
  .map((column) => column.name)
  .join(', ');

/** Labels of a relation that name their example, or its request. */
export const examplesOf = (relation: string): string => `
  SELECT coalesce(example_id, request_id || '-' || row_index) AS example_id, ${BUT_ID}
  FROM ${relation} WHERE client_request_id IS NULL`;

/** Drafts of the waiting labels of all services in a relation with `labels`' columns. */
export const findRows = async (needs: LabelNeeds, relation: string): Promise<Found> => {
  const { duck } = needs;
  const replacements: Replacement[] = [];
  const waiting: Record<string, Waiting> = {};
  const ambiguous: Record<string, number> = {};
  const services = await duck.rows(
    `SELECT service, count(client_request_id)::INTEGER AS clients FROM ${relation}
     GROUP BY service ORDER BY service`,
  );
  for (const row of services) {
    const service = String(row.service);
    await duck.run(
      `CREATE OR REPLACE TABLE client_labels AS SELECT ${CLIENTS} FROM ${relation}
       WHERE service = ${literal(service)} AND client_request_id IS NOT NULL`,
    );
    const requests = Number(row.clients) > 0 ? allRequests(needs) : NO_REQUESTS;
    await duck.run(
      `CREATE OR REPLACE TABLE matches AS ${clientMatches('client_labels', requests, service)}`,
    );
    const mine = `(SELECT * FROM ${relation} WHERE service = ${literal(service)})`;
    const examples = await keepExamples(
      needs,
      service,
      `(${examplesOf(mine)} UNION ALL SELECT ${EXAMPLES} FROM matches)`,
    );
    const clients = await keepClients(needs, service, 'client_labels', 'matches');
    await duck.run('DROP TABLE client_labels; DROP TABLE matches');
    replacements.push(examples.replacement, clients.replacement);
    waiting[service] = { examples: examples.rows, clients: clients.rows };
    ambiguous[service] = clients.ambiguous;
  }
  return { replacements, waiting, ambiguous };
};

const NO_REQUESTS = `(${emptyRelation([
  { name: 'client_request_id', type: 'string' },
  { name: 'request_id', type: 'string' },
  { name: 'primary_request_id', type: 'string' },
  { name: 'request_time', type: 'timestamp' },
  { name: 'service', type: 'string' },
  { name: 'status_code', type: 'int' },
  { name: 'row_count', type: 'int' },
])})`;

/** A relation of all captured requests. */
export const allRequests = ({ state, folder }: Pick<LabelNeeds, 'state' | 'folder'>): string => {
  const parts = state.allParts().filter(({ table }) => table === 'requests');
  if (parts.length === 0) return NO_REQUESTS;
  const files = list(parts.map((part) => partPath(folder, part)));
  return `read_parquet(${files}, hive_partitioning = false)`;
};

/** A draft of a service's waiting labels with more of them, one per example and name. */
export const keepExamples = async (
  { duck, folder }: Pick<LabelNeeds, 'duck' | 'folder'>,
  service: string,
  more: string,
) => {
  const { examples: path } = waitingPaths(folder, service);
  const old = existsSync(path)
    ? `UNION ALL SELECT ${EXAMPLES} FROM ${named(`read_parquet(${literal(path)})`, EXAMPLE_LABELS)}`
    : '';
  return draftOf({ duck, folder }, path, winners(`(SELECT ${EXAMPLES} FROM ${more} ${old})`));
};

/** Drafts for labels by clients' ids that were there before their requests, which are in `fresh`. */
export const labelsForFresh = async (
  needs: Pick<LabelNeeds, 'duck' | 'state' | 'folder'>,
): Promise<Found> => {
  const { duck, state, folder } = needs;
  const replacements: Replacement[] = [];
  const waiting: Record<string, Waiting> = {};
  const ambiguous: Record<string, number> = {};
  for (const [service, counts] of state.waiting()) {
    if (counts.clients === 0) continue;
    const file = `read_parquet(${literal(waitingPaths(folder, service).clients)})`;
    const labels = named(file, CLIENTS_KEPT);
    await duck.run(`CREATE OR REPLACE TABLE matches AS ${clientMatches(labels, 'fresh', service)}`);
    const [found] = await duck.rows('SELECT count(*)::INTEGER AS rows FROM matches');
    if (Number(found?.rows) === 0) continue;
    const examples = await keepExamples(needs, service, 'matches');
    const clients = await keepClients(needs, service, null, 'matches');
    await duck.run('DROP TABLE matches');
    replacements.push(examples.replacement, clients.replacement);
    waiting[service] = { examples: examples.rows, clients: clients.rows };
    ambiguous[service] = clients.ambiguous;
  }
  return { replacements, waiting, ambiguous };
};
