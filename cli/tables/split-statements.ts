interface Split {
  /** Statements that have ended, without their semicolons. */
  readonly statements: readonly string[];
  /** What comes after the last of them. */
  readonly rest: string;
}

/** Texts, names and comments, closed or not, in which a semicolon ends nothing; or a semicolon. */
const TOKEN =
  /'[^']*(?:''[^']*)*(?:'|$)|"[^"]*(?:""[^"]*)*(?:"|$)|--[^\n]*|\/\*[\s\S]*?(?:\*\/|$)|\$(\w*)\$[\s\S]*?(?:\$\1\$|$)|;/g;

/** Cuts what somebody types into statements, at the semicolons that end them. */
export const splitStatements = (text: string): Split => {
  const statements: string[] = [];
  let start = 0;
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    if (token !== ';') continue;
    const statement = text.slice(start, index).trim();
    if (statement !== '') statements.push(statement);
    start = index + 1;
  }
  return { statements, rest: text.slice(start) };
};
