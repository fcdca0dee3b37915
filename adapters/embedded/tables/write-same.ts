import { rmSync } from 'node:fs';
import type { TableColumn } from '../../../core/tables/table-column';
import type { Duck } from './duckdb';
import { type Footer, flatTypes, withSame } from './parquet-footer';
import { isKnownType, type SameValue, sameColumn } from './parquet-same';
import { extend, look } from './part-extents';
import { shapeOf } from './part-shape';
import { literal } from './quoting';
import { emptyRelation } from './unpack-statement';

/** Columns that have the same in all of some rows, and what; nothing where it is null. */
export type Same = ReadonlyMap<string, SameValue>;

/** What is the same in all rows of which each of these is a part. */
export const sameInAll = ([first, ...others]: readonly Same[]): Same =>
  new Map(
    [...(first ?? [])].filter(([name, value]) =>
      others.every((other) => other.get(name) === value),
    ),
  );

const MOST_SHAPES = 100;
const footers = new WeakMap<Duck, Map<string, Promise<Footer>>>();

/** The footer of a file of these columns without a row; `beside` is where one may be written. */
const emptyFooter = (duck: Duck, columns: readonly TableColumn[], beside: string) => {
  const known = footers.get(duck) ?? new Map<string, Promise<Footer>>();
  footers.set(duck, known);
  const shape = shapeOf(columns);
  const found = known.get(shape);
  if (found) return found;
  if (known.size >= MOST_SHAPES) known.clear();
  const made = (async () => {
    const path = `${beside}.empty`;
    await duck.run(`COPY (${emptyRelation(columns)}) TO ${literal(path)} (FORMAT parquet)`);
    const { footer } = await look(path);
    rmSync(path);
    return footer;
  })();
  known.set(shape, made);
  // The next one tries again.
  made.catch(() => known.delete(shape));
  return made;
};

/**
 * Writes a draft of rows some of whose columns have the same in each row: DuckDB writes the others, for
 * it looks at every value, and these are a few bytes. `copy` is to write a draft of the columns it is given.
 */
export const writeWithSame = async (
  duck: Duck,
  draft: string,
  columns: readonly TableColumn[],
  same: Same,
  copy: (columns: readonly TableColumn[]) => Promise<void>,
): Promise<void> => {
  if (same.size === 0) return copy(columns);
  const whole = await emptyFooter(duck, columns, draft);
  const types = flatTypes(whole);
  const own = columns.filter(({ name }) => !same.has(name) || !isKnownType(types.get(name)));
  await copy(own);
  if (own.length === columns.length) return;
  const seen = await look(draft);
  const written = new Set(own.map(({ name }) => name));
  const others = new Set(columns.map(({ name }) => name).filter((name) => !written.has(name)));
  const pages: Buffer[] = [];
  let at = seen.end;
  const footer = withSame(seen.footer, whole, others, (name, type, rows) => {
    const made = sameColumn({ name, type, rows, at, value: same.get(name) ?? null });
    pages.push(made.pages);
    at += made.pages.length;
    return made.chunk;
  });
  await extend(seen, Buffer.concat(pages), footer);
};
