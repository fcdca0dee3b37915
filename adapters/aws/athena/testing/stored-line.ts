type Record = { readonly [name: string]: unknown };

/** Where the JSON value ends that begins at a place of a text. */
const endOfValue = (text: string, from: number): number => {
  let depth = 0;
  let inText = false;
  for (let at = from; at < text.length; at += 1) {
    const letter = text[at] ?? '';
    if (inText) {
      if (letter === '\\') at += 1;
      else if (letter === '"') inText = false;
    } else if (letter === '"') inText = true;
    else if ('{['.includes(letter)) depth += 1;
    else if ('}]'.includes(letter)) depth -= 1;
    if (depth === 0 && !inText) return at + 1;
  }
  return text.length;
};

const recordIn = (line: string): Record | null => {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? { ...value }
      : null;
  } catch {
    return null;
  }
};

/**
 * A line of the capture log, where bodies that are objects stand as they came, as it lies in S3, where
 * every body is a text; what is no record stays as it is.
 */
export const storedLine = (line: string): string => {
  const record = recordIn(line);
  if (!record) return line;
  const stored: { [name: string]: unknown } = { ...record };
  let from = 0;
  for (const body of ['request', 'response']) {
    const member = `,"${body}":`;
    let at = line.indexOf(member, from) + member.length;
    while (line[at] === '\t') at += 1;
    if (typeof record[body] !== 'object' || record[body] === null) continue;
    from = endOfValue(line, at);
    stored[body] = line.slice(at, from);
  }
  return JSON.stringify(stored);
};

/** The service that a line names; `other` when it names none. */
export const serviceIn = (line: string, other: string): string => {
  const { service } = recordIn(line) ?? {};
  return typeof service === 'string' ? service : other;
};
