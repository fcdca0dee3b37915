import { trinoColumn } from './ddl-types';
import { malformed } from './refusal';
import { bare, bracketed, nameOf, partsOf, quoted, unquoted } from './sql-text';

const ICEBERG_PROPERTIES =
  /^(table_type|format|write_compression|optimize_rewrite_(data|delete)_file_threshold|vacuum_(min_snapshots_to_keep|max_snapshot_age_seconds|max_metadata_files_to_keep)|write_target_data_file_size_bytes)$/;
const SERDES =
  /'(org\.openx\.data\.jsonserde\.JsonSerDe|org\.apache\.hive\.hcatalog\.data\.JsonSerDe)'/;
/** Whole lines: nothing else has that separator. */
const LINES =
  /row\s+format\s+delimited\s+fields\s+terminated\s+by\s+'\\001'\s+stored\s+as\s+textfile/i;
const HEAD = /^create\s+(external\s+)?table\s+(if\s+not\s+exists\s+)?([\w."`]+)\s*(?=\()/i;

export type Properties = Readonly<Partial<Record<string, string>>>;

/** `CREATE [EXTERNAL] TABLE` of Athena's DDL as Trino writes it. @throws a refusal where Athena has one */
export const createTable = (
  sql: string,
  locationOf: (uri: string) => string,
): { readonly text: string; readonly table: string; readonly properties: Properties } => {
  const [head, external, guard = '', name = ''] = HEAD.exec(sql) ?? [];
  if (!head)
    throw malformed('mismatched input: CREATE TABLE with columns is all that is taken here');
  const [columns, end] = bracketed(sql, head.length);
  const rest = sql.slice(end);
  const properties = propertiesIn(rest);
  const isIceberg = properties.table_type?.toUpperCase() === 'ICEBERG';
  if (isIceberg && external) {
    throw malformed('External keyword not supported for table type ICEBERG');
  }
  if (!isIceberg && !external) {
    throw malformed('CREATE TABLE without EXTERNAL needs table_type ICEBERG in TBLPROPERTIES');
  }
  const location = /\blocation\s+('(?:[^']|'')*')/i.exec(rest)?.[1];
  if (!location) throw malformed('a table needs a LOCATION');
  const at = quoted(locationOf(unquoted(location).replace(/\/$/, '')));
  const list = partsOf(columns).map((column) => trinoColumn(column, isIceberg));
  const partitions = partsOf(clauseOf(rest, /\bpartitioned\s+by\s*(?=\()/i));
  const options = isIceberg
    ? icebergOptions(properties, partitions)
    : hiveOptions(rest, properties, partitions);
  const keys = isIceberg ? [] : partitions.map((part) => keyColumn(part, properties));
  const catalog = isIceberg ? 'iceberg' : 'hive';
  const place = isIceberg ? 'location' : 'external_location';
  return {
    ...{ table: nameOf(name), properties },
    text: `CREATE TABLE ${guard}${catalogued(nameOf(name), catalog)} (${[...list, ...keys].join(', ')}) WITH (${[...options, `${place} = ${at}`].join(', ')})`,
  };
};

/** A name without its catalog's stays one when the session names the schema: only two parts are taken. */
const catalogued = (name: string, catalog: string): string => {
  if (!name.includes('.')) throw malformed('name the database of the table');
  return `${catalog}.${name}`;
};

/** What TBLPROPERTIES says. */
export const propertiesIn = (sql: string): Properties =>
  Object.fromEntries(
    partsOf(clauseOf(sql, /\btblproperties\s*(?=\()/i)).map((pair) => {
      const [, key, value] = /^('[^']*')\s*=\s*('(?:[^']|'')*')$/s.exec(pair) ?? [];
      if (!key || !value) throw malformed('mismatched input in TBLPROPERTIES');
      return [unquoted(key), unquoted(value)];
    }),
  );

/** @throws a refusal for properties that Athena does not take for a table of Iceberg */
export const requireIcebergProperties = (properties: Properties): void => {
  const unknown = Object.keys(properties).find((key) => !ICEBERG_PROPERTIES.test(key));
  if (unknown) throw malformed(`Unsupported table property key: ${unknown}`);
};

const clauseOf = (sql: string, opening: RegExp): string => {
  const found = opening.exec(bare(sql));
  return found ? bracketed(sql, found.index + found[0].length)[0] : '';
};

const icebergOptions = (properties: Properties, partitions: readonly string[]) => {
  requireIcebergProperties(properties);
  const transforms = partitions.map((part) => quoted(transformOf(part)));
  return [
    ...['format_version = 2', `format = ${quoted((properties.format ?? 'parquet').toUpperCase())}`],
    ...(transforms.length > 0 ? [`partitioning = ARRAY[${transforms.join(', ')}]`] : []),
  ];
};

/** Athena writes `bucket(16, id)`, Trino `bucket(id, 16)`. */
const transformOf = (part: string): string => {
  const text = part.replaceAll('`', '"').toLowerCase();
  const [, name, size, column] = /^(bucket|truncate)\s*\(\s*(\d+)\s*,\s*(.+)\)$/.exec(text) ?? [];
  return name ? `${name}(${column?.trim()}, ${size})` : text;
};

const hiveOptions = (rest: string, properties: Properties, partitions: readonly string[]) => {
  const isText = LINES.test(rest);
  if (!isText && !SERDES.test(rest)) throw malformed('only tables of lines are taken here');
  const names = partitions.map((part) => quoted(part.replaceAll('`', '').split(/\s+/)[0] ?? ''));
  const isProjected = properties['projection.enabled'] === 'true';
  return [
    // What ignores malformed lines of JSON differs by release: see the reference. Fixtures hold none.
    ...(isText
      ? ["format = 'TEXTFILE'", "textfile_field_separator = U&'\\0001'"]
      : ["format = 'JSON'"]),
    ...(names.length > 0 ? [`partitioned_by = ARRAY[${names.join(', ')}]`] : []),
    ...(isProjected ? ['partition_projection_enabled = true'] : []),
  ];
};

const LISTS = new Set(['range', 'values']);

const keyColumn = (part: string, properties: Properties): string => {
  const column = trinoColumn(part, false);
  const name = column.slice(1, column.indexOf('"', 1));
  const own = Object.entries(properties).flatMap(([key, value]) => {
    const [, of, setting = ''] = /^projection\.(\w+)\.([\w.]+)$/.exec(key) ?? [];
    if (of !== name || value === undefined) return [];
    const option = `partition_projection_${setting.replaceAll('.', '_')}`;
    if (LISTS.has(setting)) {
      return [
        `${option} = ARRAY[${value
          .split(',')
          .map((item) => quoted(item.trim()))
          .join(', ')}]`,
      ];
    }
    return [
      `${option} = ${/^(digits|interval)$/.test(setting) ? value : quoted(unit(setting, value))}`,
    ];
  });
  return own.length > 0 ? `${column} WITH (${own.join(', ')})` : column;
};

const unit = (setting: string, value: string): string =>
  setting === 'interval.unit' ? value.toUpperCase() : value;
