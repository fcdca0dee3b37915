import { CliError } from '../cli-error';
import { cancelled } from './ask';

/** A column of a result, of a type as Athena names it. */
interface Column {
  readonly name: string;
  readonly type: string;
}

interface Files {
  /** Rows without the names before them. A batch of rows, of one file each, has to fit into memory. */
  readonly parts: readonly string[];
  readonly parquet: string;
}

/** Rows go through in the file's order, and what waits to be written stays small. */
const SETTINGS = {
  ...{ memory_limit: '500MB', temp_directory: '' },
  ...{ threads: '1', preserve_insertion_order: 'false' },
  ...{ autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' },
};
/** Athena's rows have at most 32 MB; a quote in one is written twice. */
const LONGEST_LINE = 70_000_000;
/** DuckDB forgets that it was told to end when it had only just begun. */
const INTERRUPT_EVERY_MS = 50;

/**
 * Makes one Parquet file of a CSV as Athena writes a result: every value quoted, null empty. What
 * has no type of its own in Parquet, such as a map, is text as Athena writes it.
 * @throws CliError when that cannot be done, or `signal` is aborted
 */
export const parquetOfCsv = async (
  files: Files,
  columns: readonly Column[],
  signal: AbortSignal,
): Promise<void> => {
  try {
    signal.throwIfAborted();
    // Large, and no other command needs it.
    const { DuckDBInstance } = await import('@duckdb/node-api');
    const instance = await DuckDBInstance.create(':memory:', SETTINGS);
    const connection = await instance.connect();
    const interrupting = setInterval(() => {
      if (signal.aborted) connection.interrupt();
    }, INTERRUPT_EVERY_MS);
    try {
      await connection.run(statementFor(files, columns));
    } finally {
      clearInterval(interrupting);
      connection.closeSync();
      instance.closeSync();
    }
  } catch (error) {
    if (signal.aborted) throw cancelled();
    const [why] = String((error as Error).message).split('\n');
    throw new CliError(`the result cannot be made into Parquet: ${why}`, {
      hint: '--csv takes it as Athena has written it',
      cause: error,
    });
  }
};

const statementFor = ({ parts, parquet }: Files, columns: readonly Column[]): string => {
  const cells = columns.map((_, at) => `c${at}: 'VARCHAR'`);
  const values = columns.map(
    ({ name, type }, at) => `${typed(`c${at}`, type)} AS "${name.replaceAll('"', '""')}"`,
  );
  // Such a letter in a name would stand for others.
  const sources = parts.map((file) => literal(file.replace(/[*?[]/g, '[$&]')));
  return `
    COPY (
      SELECT ${values.join(', ')}
      FROM read_csv([${sources.join(', ')}], columns = {${cells.join(', ')}},
        auto_detect = false, header = false, delim = ',', quote = '"', escape = '"', new_line = '\\n',
        nullstr = '', allow_quoted_nulls = false, strict_mode = true, parallel = false,
        compression = 'none', hive_partitioning = false,
        max_line_size = ${LONGEST_LINE}, buffer_size = ${LONGEST_LINE})
    ) TO ${literal(parquet)}
    (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE_BYTES '64MB', USE_TMP_FILE false)`;
};

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** Names that DuckDB has for the same. */
const SAME =
  /^(boolean|tinyint|smallint|integer|bigint|float|real|double|decimal\(\d+,\d+\)|date|time|timestamp)$/;

/** A cell, which is text in a CSV, as a value of its column's type. */
const typed = (cell: string, type: string): string => {
  // Bytes are written in hexadecimal, with spaces between them.
  if (type === 'varbinary') return `unhex(replace(${cell}, ' ', ''))`;
  if (type === 'timestamp with time zone') {
    // DuckDB knows a zone by its name after a space, and by its offset without one.
    return `CAST(regexp_replace(${cell}, ' ([+-]\\d\\d:\\d\\d)$', '\\1') AS TIMESTAMPTZ)`;
  }
  return SAME.test(type) ? `CAST(${cell} AS ${type})` : cell;
};
