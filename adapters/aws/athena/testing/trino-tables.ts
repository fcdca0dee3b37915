import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { ArrivalKind } from '../../../../core/tables/dirty-hours';
import { ERRORS, LABELS, REQUESTS } from '../../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../../core/tables/service-columns';
import type { TableColumn } from '../../../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../../../core/tables/table-name';
import type { Trino } from '../../../../infra-tests/trino/describe-trino';
import type { TabledService } from '../build-arrival';
import { type BuildItem, buildItem, type ItemReport } from '../build-item';
import { ERASED } from '../create-tables';
import { name, trinoType } from '../quoting';
import type { Statement, StatementResult } from '../statement';
import { itemNeeds } from './item-needs';
import { runSteps } from './run-steps';

/** Where captured requests lie, or labels, or bodies that were too large. */
type Raw = ArrivalKind | 'spill';

const PARTITIONS = ['service', 'dt', 'hour'];

/** Empty tables of some services on Trino, in databases of their own, and the folders that are read by builds. */
export const openTrinoTables = async (
  trino: Trino,
  described: ReadonlyMap<string, TabledService>,
  today = '2026-11-21',
) => {
  const database = `t_${randomUUID().replaceAll('-', '')}`;
  const places = { database, rawDatabase: `${database}_raw` };
  const folder = mkdtempSync(join(tmpdir(), 'tidegate-trino-raw-'));
  const client = trino.client();
  const run = (sql: string) => client.query(sql);
  const asked: string[] = [];

  const createRaw = async (table: Raw): Promise<void> => {
    mkdirSync(join(folder, table));
    const columns = ['line', ...PARTITIONS].map((column) => `${column} varchar`);
    await run(`CREATE TABLE hive.${places.rawDatabase}.${table} (${columns.join(', ')})
      WITH (format = 'TEXTFILE', textfile_field_separator = U&'\\0001',
        external_location = '${trino.locationOf(join(folder, table))}',
        partitioned_by = ARRAY[${PARTITIONS.map((column) => `'${column}'`).join(', ')}])`);
  };
  const create = (
    table: string,
    columns: readonly TableColumn[],
    partitions: readonly string[],
    schema = database,
  ) =>
    run(`CREATE TABLE iceberg.${schema}.${name(table)}
      (${columns.map((column) => `${name(column.name)} ${trinoType(column.type)}`).join(', ')})
      WITH (format_version = 2, partitioning = ARRAY[${partitions.map((column) => `'${column}'`).join(', ')}])`);

  await run(`CREATE SCHEMA iceberg.${places.database}`);
  await run(`CREATE SCHEMA iceberg.${places.rawDatabase}`);
  for (const table of ['requests', 'labels', 'spill'] as const) await createRaw(table);
  await create('requests', REQUESTS, ['service', 'request_date']);
  await create('labels', LABELS, ['service', 'received_date']);
  await create('erased', ERASED, ['service'], places.rawDatabase);
  for (const [service, { table }] of described) {
    await create(tableNameOf(service), serviceColumns(table), ['request_date']);
    await create(errorsTableNameOf(service), ERRORS, ['request_date']);
  }

  const runStatement = async ({ step, sql }: Statement): Promise<StatementResult> => {
    asked.push(sql);
    const { rows, updateCount = null } = await run(sql).catch((error: unknown) => {
      throw new Error(`${step}: ${error instanceof Error ? error.message : error}`, {
        cause: error,
      });
    });
    const texts = rows.map((row) => row.map((value) => (value === null ? null : String(value))));
    return { rows: texts, written: updateCount };
  };

  return {
    ...{ places, run },
    /** Every statement of the builds so far. */
    asked,

    /** Something arrives in an hour. */
    async arrive(
      table: Raw,
      partitions: readonly string[],
      file: string,
      lines: readonly string[],
    ) {
      const path = PARTITIONS.map((column, i) => `${column}=${partitions[i]}`);
      const into = join(folder, table, ...path);
      mkdirSync(into, { recursive: true });
      const text = Buffer.from(lines.map((line) => `${line}\n`).join(''));
      writeFileSync(join(into, file), file.endsWith('.gz') ? gzipSync(text) : text);
      await run(
        `CALL hive.system.sync_partition_metadata('${places.rawDatabase}', '${table}', 'FULL')`,
      );
    },

    /** Runs the statements of a piece of work; after so many of them the process ends. */
    async build(item: BuildItem, dieAfter = Number.POSITIVE_INFINITY): Promise<ItemReport | null> {
      const steps = buildItem(itemNeeds(places, described.get(item.service), today), item);
      return (await runSteps(steps, runStatement, dieAfter))?.report ?? null;
    },

    close: () => rmSync(folder, { recursive: true, force: true }),
  };
};
