import {
  type DuckDBConnection,
  type DuckDBPreparedStatement,
  StatementType,
} from '@duckdb/node-api';
import { DomainError } from '../../../core/shared/domain-error';

/**
 * Prepares one statement that only reads; whoever asked for it destroys it.
 * @throws `invalid-input` for anything else
 */
export const prepareRead = async (
  connection: DuckDBConnection,
  sql: string,
): Promise<DuckDBPreparedStatement> => {
  const refuse = (error: unknown): never => {
    throw new DomainError('invalid-input', messageOf(error));
  };
  // DuckDB has no words for a text without a statement.
  if (sql.replaceAll(/--.*$/gm, '').trim() === '') return refuse('give a statement');
  const statements = await connection.extractStatements(sql).catch(refuse);
  if (statements.count !== 1) {
    throw new DomainError('invalid-input', `give one statement, not ${statements.count}`);
  }
  const prepared = await statements.prepare(0).catch(refuse);
  try {
    if (prepared.statementType !== StatementType.SELECT) {
      throw new DomainError('invalid-input', 'only a SELECT is answered: the tables are read-only');
    }
    if (prepared.parameterCount > 0) {
      throw new DomainError('invalid-input', 'write the values into the statement, not $1 or ?');
    }
    return prepared;
  } catch (error) {
    prepared.destroySync();
    throw error;
  }
};

/** Semicolons that are looked at, from the end. */
const MOST_ENDS = 100;

/** One statement without the semicolons that end it, and the comments behind these. */
export const withoutEnd = async (connection: DuckDBConnection, sql: string): Promise<string> => {
  const isOne = (text: string): Promise<boolean> =>
    connection.extractStatements(text).then(
      ({ count }) => count === 1,
      () => false,
    );
  let statement = sql;
  let at = sql.length;
  for (let looked = 0; at > 0 && looked < MOST_ENDS; looked += 1) {
    at = sql.lastIndexOf(';', at - 1);
    // One within a text or a comment has no statement before it, or something behind it.
    const isEnd =
      at > 0 && (await isOne(sql.slice(0, at))) && (await isOne(`FROM x${sql.slice(at)}`));
    if (isEnd) statement = sql.slice(0, at);
  }
  return statement;
};

/** What DuckDB says, as a person may read it. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);

/** Whether DuckDB had too little memory for a statement. */
export const isOutOfMemory = (error: unknown): boolean =>
  messageOf(error).startsWith('Out of Memory');
