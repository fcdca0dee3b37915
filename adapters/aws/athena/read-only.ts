import { DomainError } from '../../../core/shared/domain-error';

/** Comments, texts and quoted names, of which only the comments are nothing. */
const PARTS = /--[^\n]*|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'|"(?:[^"]|"")*"/g;
const READS = /^\(*\s*(?:SELECT|WITH|VALUES|TABLE|EXPLAIN|SHOW|DESCRIBE|DESC)\b/i;

/**
 * Refuses what is plainly no statement that reads, with a clear message. What the tables are safe by is
 * that the function which asks may not write them.
 * @throws `invalid-input`
 */
export const assertReads = (sql: string): void => {
  const bare = sql
    .replaceAll(PARTS, (part) => (part.startsWith('-') || part.startsWith('/') ? ' ' : `''`))
    .trim()
    .replace(/[;\s]+$/, '');
  const refuse = (why: string): never => {
    throw new DomainError('invalid-input', why);
  };
  if (bare === '') refuse('give a statement');
  if (bare.includes(';')) refuse('give one statement');
  if (!READS.test(bare)) refuse('only a SELECT is answered: the tables are read-only');
};
