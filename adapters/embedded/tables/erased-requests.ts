import { DomainError } from '../../../core/shared/domain-error';
import type { Erasure } from '../../../core/tables/erasure';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { TableType } from '../../../core/tables/table-column';
import { tableNameOf } from '../../../core/tables/table-name';
import type { LabelNeeds } from './label-needs';
import { partitionOf, partPath } from './part-files';
import { columnsIn } from './part-shape';
import { duckType, list, literal, name } from './quoting';
import type { Part } from './table-state';
import type { Description } from './unpack-service';
import { emptyRelation } from './unpack-statement';

interface Needs extends Pick<LabelNeeds, 'duck' | 'state' | 'folder'> {
  readonly describe: (service: string) => Promise<Pick<Description, 'table'> | undefined>;
}

const IDS = ['request_id', 'client_request_id', 'primary_request_id'].map(
  (id) => ({ name: id, type: 'string' }) as const,
);

/**
 * Makes `erased`: ids and clients' ids of the requests that are meant, those of their comparisons with
 * them, whether or not there is such a request.
 * @throws `invalid-input` for a column that there is not, or a value that it cannot have
 */
export const findErased = async (needs: Needs, service: string, what: Erasure): Promise<void> => {
  const { duck } = needs;
  await duck.run('CREATE OR REPLACE TABLE erased (request_id VARCHAR, client_request_id VARCHAR)');
  await duck.run(await given(needs, service, what));
  await duck.run(
    `INSERT INTO erased SELECT DISTINCT request_id, client_request_id
     FROM (${requestsOf(needs, service)})
     WHERE request_id IN (SELECT request_id FROM erased)
       OR primary_request_id IN (SELECT request_id FROM erased)
       OR client_request_id IN (SELECT client_request_id FROM erased)`,
  );
};

/** Fills `erased` with what is told of the requests. */
const given = async (needs: Needs, service: string, what: Erasure): Promise<string> => {
  if ('request_ids' in what)
    return `INSERT INTO erased SELECT unnest(${list(what.request_ids)}), NULL`;
  if ('client_request_ids' in what) {
    return `INSERT INTO erased SELECT NULL, unnest(${list(what.client_request_ids)})`;
  }
  const column = serviceColumns((await needs.describe(service))?.table).find(
    (known) => known.name === what.column,
  );
  if (!column) throw new DomainError('invalid-input', 'there is no column of this name');
  const value = valueIn(String(what.value), column.type);
  const [found] = await needs.duck.rows(`SELECT ${value} IS NOT NULL AS fits`);
  if (!found?.fits)
    throw new DomainError('invalid-input', `the column's values are ${column.type}`);
  const partition = partitionOf(tableNameOf(service));
  const parts = partsOf(needs, tableNameOf(service)).filter(({ shape }) =>
    [partition, ...columnsIn(shape)].includes(column.name),
  );
  if (parts.length === 0) return 'SELECT 1';
  // The value was in the request, whoever else has answered it.
  return `INSERT INTO erased SELECT DISTINCT unnest([request_id, primary_request_id]), NULL
    FROM read_parquet(${filesOf(needs, parts)}, union_by_name = true, hive_partitioning = true,
      hive_types = {${name(partition)}: DATE})
    WHERE ${name(column.name)} = ${value}`;
};

/** A value in a statement; null when a column of this type cannot have it. */
const valueIn = (text: string, type: TableType): string => {
  // DuckDB would round, and leave a zone out.
  if ((type === 'int' || type === 'bigint') && !/^[+-]?\d+$/.test(text)) return 'NULL';
  if (type === 'timestamp') return `TRY_CAST(${literal(text)} AS TIMESTAMPTZ)::TIMESTAMP`;
  return `TRY_CAST(${literal(text)} AS ${duckType(type)})`;
};

/** A SELECT of the ids of a service's requests: rows may be kept for longer than requests, or less long. */
const requestsOf = (needs: Needs, service: string): string => {
  const of = (table: string, condition: string): readonly string[] => {
    const parts = partsOf(needs, table);
    if (parts.length === 0) return [];
    const from = `read_parquet(${filesOf(needs, parts)}, hive_partitioning = false)`;
    return [`SELECT ${IDS.map((id) => id.name).join(', ')} FROM ${from} WHERE ${condition}`];
  };
  return [
    emptyRelation(IDS),
    ...of('requests', `service = ${literal(service)}`),
    ...of(tableNameOf(service), 'true'),
  ].join(' UNION ALL ');
};

const partsOf = ({ state }: Needs, table: string): readonly Part[] =>
  state.allParts().filter((part) => part.table === table);

const filesOf = ({ folder }: Needs, parts: readonly Part[]): string =>
  list(parts.map((part) => partPath(folder, part)));
