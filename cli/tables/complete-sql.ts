import type { Table } from './known-tables';

const COMMANDS = ['\\d', '\\q', '\\?'];

/**
 * What the word at the end of a line may become, and that word: tables, and the columns of those that
 * the statement names, or of all while it names none.
 */
export const completeSql = (
  tables: readonly Table[],
  before: string,
  line: string,
): [string[], string] => {
  if (before === '' && /^\\\S*$/.test(line)) {
    return [COMMANDS.filter((command) => command.startsWith(line)), line];
  }
  const [word = ''] = /[\w.]*$/.exec(line) ?? [];
  const names = tables.map(({ name }) => name);
  const statement = `${before} ${line}`.toLowerCase();
  const named = tables.filter(({ name }) =>
    new RegExp(`${name.replace('.', '\\.')}\\b`).test(statement),
  );
  const columns = (named.length > 0 ? named : tables).flatMap((table) => table.columns);
  const words = line.startsWith('\\d') ? names : [...names, ...columns.map(({ name }) => name)];
  const start = word.toLowerCase();
  const fitting = new Set(words.filter((one) => start !== '' && one.startsWith(start)));
  return [[...fitting], word];
};
