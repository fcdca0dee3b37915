/** Where a record lies. */
export interface FoundLine {
  readonly id: string;
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Remembers the `most` lines with the greatest request ids of those it is given. */
export const newestLines = (most: number) => {
  let lines: FoundLine[] = [];

  const sort = (): void => {
    lines = lines.sort((a, b) => (a.id < b.id ? 1 : -1)).slice(0, most);
  };

  return {
    add(line: FoundLine): false {
      lines.push(line);
      if (lines.length >= 2 * most + 1_000) sort();
      return false;
    },

    /** Newest first: those whose id is `id` or greater. */
    downTo(id: string): readonly FoundLine[] {
      sort();
      return lines.filter((line) => line.id >= id);
    },
  };
};
