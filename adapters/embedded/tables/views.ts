import { ERRORS, LABELS, REQUESTS } from '../../../core/tables/fixed-columns';
import { serviceColumns } from '../../../core/tables/service-columns';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { TableColumn } from '../../../core/tables/table-column';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { EXAMPLE_LABELS, type LabelPlace, named, withLabels } from './label-statements';
import { partPath } from './part-files';
import { columnsIn } from './part-shape';
import { duckType, list, literal, name } from './quoting';
import type { Part } from './table-state';
import { emptyRelation } from './unpack-statement';
import { waitingPaths } from './waiting-files';

/** A table as people query it. */
export interface View {
  readonly table: string;
  readonly columns: readonly TableColumn[];
  /** The partition's column. */
  readonly partition: string;
  /** The service whose labels stand in it. */
  readonly labelled?: ViewedService;
}

/** A service whose tables are queried. */
export interface ViewedService {
  readonly service: string;
  readonly table: ServiceTable;
  readonly places: readonly LabelPlace[];
}

/** The views there are for these services, whether or not they have rows. */
export const viewsOf = (services: readonly ViewedService[]): readonly View[] => [
  { table: 'requests', columns: REQUESTS, partition: 'request_date' },
  { table: 'labels', columns: LABELS, partition: 'received_date' },
  ...services.flatMap(({ service, table, places }) => [
    {
      table: tableNameOf(service),
      columns: serviceColumns(table),
      partition: 'request_date',
      labelled: { service, table, places },
    },
    { table: errorsTableNameOf(service), columns: ERRORS, partition: 'request_date' },
  ]),
];

/** Tells a connection of the rows that its statement needs: by table, a SELECT of them. */
export const tell = (rows: ReadonlyMap<string, string>): string =>
  `SET VARIABLE rows = map(${list([...rows.keys()])}::VARCHAR[], ${list([...rows.values()])}::VARCHAR[])`;

/** A SELECT of the rows that a connection was told of. A statement that was not told of any fails. */
export const toldView = ({ table, columns }: View): string =>
  `SELECT * FROM query(coalesce(getvariable('rows')[${literal(table)}],
    CASE WHEN getvariable('rows') IS NOT NULL THEN ${literal(emptyRelation(columns))} END))`;

/**
 * A SELECT of a table from its parts. Parts of one shape are read together, so that only one of them is
 * opened to find their columns, and a day's rows are looked for in its parts alone.
 */
export const viewStatement = (
  folder: string,
  { columns, partition }: View,
  parts: readonly Part[],
): string => {
  if (parts.length === 0) return emptyRelation(columns);
  const byShape = Map.groupBy(parts, ({ shape }) => shape);
  const selects = [...byShape].map(([shape, alike]) => {
    const there = new Set([partition, ...columnsIn(shape)]);
    const cells = columns.map((column) =>
      there.has(column.name)
        ? `${name(column.name)}::${duckType(column.type)} AS ${name(column.name)}`
        : `NULL::${duckType(column.type)} AS ${name(column.name)}`,
    );
    const files = list(alike.map((part) => partPath(folder, part)));
    return `SELECT ${cells.join(', ')} FROM read_parquet(${files},
      hive_partitioning = true, hive_types = {${name(partition)}: DATE})`;
  });
  return selects.join('\nUNION ALL\n');
};

/** A SELECT of a service's table in which labels that wait for their part stand in their rows. */
export const labelledStatement = (
  folder: string,
  { columns }: View,
  rows: string,
  { service, table, places }: ViewedService,
): string => {
  const { examples } = waitingPaths(folder, service);
  const labels = `SELECT * FROM ${named(`read_parquet(${literal(examples)})`, EXAMPLE_LABELS)}`;
  return withLabels(rows, labels, columns, table.columns, places);
};
