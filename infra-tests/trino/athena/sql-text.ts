// A text in quotes, a name in quotes or backticks, a comment to the line's end, one in a block.
const QUOTED = /'(?:[^']|'')*'|"(?:[^"]|"")*"|`[^`]*`|--[^\n]*|\/\*[\s\S]*?\*\//g;

/** The statement with the inside of texts, quoted names and comments blanked, at the same places. */
export const bare = (sql: string): string =>
  sql.replace(QUOTED, (found) =>
    found.startsWith('-') || found.startsWith('/*')
      ? ' '.repeat(found.length)
      : `${found.at(0)}${'_'.repeat(found.length - 2)}${found.at(-1)}`,
  );

/** The parts of a list between commas that are in no bracket and no quotes. */
export const partsOf = (list: string): readonly string[] => {
  const plain = bare(list);
  const parts: string[] = [];
  let depth = 0;
  let from = 0;
  for (let at = 0; at < plain.length; at += 1) {
    const character = plain.charAt(at);
    if ('(<'.includes(character)) depth += 1;
    if (')>'.includes(character)) depth -= 1;
    if (character !== ',' || depth > 0) continue;
    parts.push(list.slice(from, at).trim());
    from = at + 1;
  }
  return [...parts, list.slice(from).trim()].filter((part) => part !== '');
};

/** What stands between the bracket at `open` and its counterpart, and the place after that. */
export const bracketed = (sql: string, open: number): readonly [string, number] => {
  const plain = bare(sql);
  let depth = 0;
  for (let at = open; at < plain.length; at += 1) {
    if (plain.charAt(at) === '(') depth += 1;
    if (plain.charAt(at) === ')') depth -= 1;
    if (depth === 0) return [sql.slice(open + 1, at), at + 1];
  }
  return [sql.slice(open + 1), sql.length];
};

/** The text in quotes. */
export const unquoted = (text: string): string => text.slice(1, -1).replaceAll("''", "'");
export const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

/** A name of Athena's DDL, `db`.`table` or db.table, as Trino writes it. */
export const nameOf = (name: string): string =>
  name
    .replaceAll(/["`]/g, '')
    .split('.')
    .map((part) => `"${part.toLowerCase()}"`)
    .join('.');
