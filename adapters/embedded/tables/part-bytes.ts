import { dataBytes, type Footer, joined, moved, rowsInGroups, withColumns } from './parquet-footer';
import { assemble, type Kept, lengthOf, look, type Piece, type Seen, START } from './part-extents';

/** Row groups that a part may have before its rows are written together. */
const MOST_GROUPS = 24;
/** Row groups of a part that are not worth being written together. */
const FEW_GROUPS = 4;
/** How many times as long as its data a file may be for columns that were put in place of others. */
const MOST_SPARE = 2;

/**
 * Who reads a Parquet file may open it twice, as DuckDB does: for its footer, and a while later for its
 * data. So a draft is made into a file that has the data of the part whose place it takes, too, where it
 * was: whoever has that one's footer still reads what it tells of.
 */
export const keepFormer = async (path: string, draft: string): Promise<Kept> => {
  const [former, next] = await Promise.all([look(path), look(draft)]);
  return lay(draft, next, former);
};

/** Whether a part takes more row groups: many small ones are slow to read. */
export const hasRoom = async (path: string): Promise<boolean> =>
  rowsInGroups((await look(path)).footer).length < MOST_GROUPS;

/**
 * The rows of each of a part's row groups when columns can be put in place of its own: when these are
 * few, and not much of its file is former columns. Else null.
 */
export const groupsForColumns = async (path: string): Promise<readonly number[] | null> => {
  const { footer, own } = await look(path);
  const groups = rowsInGroups(footer);
  const isCompact = lengthOf(own) < MOST_SPARE * dataBytes(footer);
  return groups.length <= FEW_GROUPS && isCompact ? groups : null;
};

/**
 * Makes a draft of new rows into one of a part with these behind its own, whose data stays as and where
 * it is. Null, and the draft as it was, when the part's columns are not the same.
 */
export const appendRows = (path: string, draft: string): Promise<Kept | null> =>
  putBehind(path, draft, joined);

/**
 * Makes a draft of some of a part's columns, of all its rows in their order, into one of the part with
 * these in place of its own, whose data stays where it is. Null, and the draft as it was, when columns
 * or row groups are not the same.
 */
export const putColumns = (path: string, draft: string): Promise<Kept | null> =>
  putBehind(path, draft, withColumns);

const putBehind = async (
  path: string,
  draft: string,
  together: (former: Footer, next: Footer) => Footer | undefined,
): Promise<Kept | null> => {
  const [former, next] = await Promise.all([look(path), look(draft)]);
  const { pieces, own, footer: moved } = placed(next, former.end);
  const footer = together(former.footer, moved);
  if (!footer) return null;
  const there = { path, from: START, to: former.end, at: START };
  return assemble(draft, [there, ...pieces], footer, [...former.own, ...own]);
};

/**
 * Drafts a part's file on the way to one without former data, in up to three drafts: who has the footer
 * of the file that it takes the place of goes on reading. Only that of a file which nobody reads by the
 * footer of one before.
 */
export const withoutFormer = async (path: string, draft: string): Promise<Kept> => {
  const seen = await look(path);
  const [first, ...more] = seen.own;
  return lay(draft, seen, first?.from === START && more.length === 0 ? null : seen);
};

/** Writes a file of one's data, with another's where it is. */
const lay = async (target: string, next: Seen, former: Seen | null): Promise<Kept> => {
  const [first, last] = [former?.own.at(0), former?.own.at(-1)];
  const isRoom = !first || first.from - START >= lengthOf(next.own);
  const { pieces, own, footer } = placed(next, isRoom ? START : (last?.to ?? START));
  const kept = former?.own.map((extent) => ({ ...extent, path: former.path, at: extent.from }));
  return assemble(target, [...pieces, ...(kept ?? [])], footer, own);
};

/** A file's data, one piece behind the other, from a place on. */
const placed = ({ path, own, footer }: Seen, start: number) => {
  let at = start;
  const pieces = own.map((extent): Piece => {
    const piece = { ...extent, path, at };
    at += extent.to - extent.from;
    return piece;
  });
  const move = (place: number): number => {
    const piece = pieces.find(({ from, to }) => place >= from && place < to);
    if (!piece) throw new Error(`${path} tells of data at ${place}, where it has none`);
    return place - piece.from + piece.at;
  };
  return { pieces, own: [{ from: start, to: at }], footer: moved(footer, move) };
};
