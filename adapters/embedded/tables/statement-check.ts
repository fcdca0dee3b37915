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

/** What DuckDB says, as a person may read it. */
export const messageOf = (error: unknown): string =>
  typeof error === 'object' && error !== null && 'message' in error
    ? String(error.message)
    : String(error);

/** Whether DuckDB had too little memory for a statement. */
export const isOutOfMemory = (error: unknown): boolean =>
  messageOf(error).startsWith('Out of Memory');
