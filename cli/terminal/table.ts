import { printable, widthOf, wrap } from './printable';

/** A column of a table. */
export interface Column<T> {
  readonly title: string;
  readonly cell: (item: T) => string | number | null | undefined;
  /** May be broken into lines when the terminal is narrow. */
  readonly wraps?: boolean;
  readonly right?: boolean;
  readonly paint?: (text: string, item: T) => string;
}

interface Layout {
  /** Columns of the terminal; undefined when nothing has to fit. */
  readonly width: number | undefined;
  readonly paintTitle: (text: string) => string;
}

const GAP = '  ';
const LEAST = 12;
const LINES = {
  ...{ top: '', 'top-mid': '', 'top-left': '', 'top-right': '' },
  ...{ bottom: '', 'bottom-mid': '', 'bottom-left': '', 'bottom-right': '' },
  ...{ left: '', 'left-mid': '', mid: '', 'mid-mid': '', right: '', 'right-mid': '' },
  middle: GAP,
};

/**
 * Items as lines under titles, no wider than the terminal. Where that cannot be, each item becomes
 * a block of `title: value` lines.
 */
export const table = async <T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  { width, paintTitle }: Layout,
): Promise<string> => {
  const cells = items.map((item) => columns.map(({ cell }) => textOf(cell(item))));
  const natural = columns.map(({ title }, at) =>
    Math.max(widthOf(title), ...cells.map((row) => widthOf(row[at] ?? ''))),
  );
  const widths = fitted(natural, columns, width);
  if (!widths) return blocks(items, columns, paintTitle);
  const { default: Table } = await import('cli-table3');
  const drawn = new Table({
    chars: LINES,
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0 },
    head: columns.map(({ title }) => paintTitle(title)),
    colAligns: columns.map(({ right }) => (right ? 'right' : 'left')),
  });
  items.forEach((item, row) => {
    drawn.push(
      columns.map(({ paint }, at) => {
        const lines = wrap(cells[row]?.[at] ?? '', widths[at] ?? LEAST).split('\n');
        return lines.map((line) => (paint ? paint(line, item) : line)).join('\n');
      }),
    );
  });
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
};

const textOf = (value: string | number | null | undefined): string =>
  value === null || value === undefined || value === '' ? '-' : printable(String(value));

/** Widths that fit, taken from the widest columns that wrap; null when even that is too wide. */
const fitted = <T>(
  natural: readonly number[],
  columns: readonly Column<T>[],
  width: number | undefined,
): readonly number[] | null => {
  if (width === undefined) return natural;
  const widths = [...natural];
  const taken = () =>
    widths.reduce((sum, each) => sum + each, 0) + GAP.length * (widths.length - 1);
  for (let excess = taken() - width; excess > 0; excess = taken() - width) {
    const wrapping = widths.map((each, at) => (columns[at]?.wraps ? each : 0));
    const widest = Math.max(...wrapping);
    if (widest <= LEAST) return null;
    const second = Math.max(LEAST, ...wrapping.filter((each) => each < widest));
    const step = Math.max(1, Math.min(excess, widest - second));
    widths[wrapping.indexOf(widest)] = Math.max(LEAST, widest - step);
  }
  return widths;
};

const blocks = <T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  paintTitle: (text: string) => string,
): string =>
  items
    .map((item) =>
      details(
        columns.map(({ title, cell, paint }) => {
          const text = textOf(cell(item));
          return [title.toLowerCase(), paint ? paint(text, item) : text];
        }),
        paintTitle,
      ),
    )
    .join('\n\n');

/** `name  value` lines; values are printable already. */
export const details = (
  pairs: readonly (readonly [string, string])[],
  paintTitle: (text: string) => string,
): string => {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs
    .map(([name, value]) => `${paintTitle(name.padEnd(width))}${GAP}${value}`.trimEnd())
    .join('\n');
};
