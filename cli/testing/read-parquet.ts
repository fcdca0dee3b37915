import { DuckDBInstance } from '@duckdb/node-api';

/** A Parquet file's columns with their types, and its rows, whose values are texts as DuckDB writes them. */
export const readParquet = async (file: string, select = '*', more = '') => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  try {
    await connection.run("SET TimeZone = 'UTC'");
    const source = `read_parquet('${file.replaceAll("'", "''").replace(/[*?[]/g, '[$&]')}', hive_partitioning = false)`;
    const described = await connection.runAndReadAll(
      `DESCRIBE SELECT ${select} FROM ${source} ${more}`,
    );
    const texts = `SELECT COLUMNS(*)::VARCHAR FROM (SELECT ${select} FROM ${source} ${more})`;
    const rows = await connection.runAndReadAll(texts);
    return {
      columns: described.getRows().map(([name, type]) => [String(name), String(type)]),
      rows: rows.getRows(),
    };
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
};
