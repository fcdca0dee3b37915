import type { Cell } from '../../../core/tables/cell';
import type { Taught } from './tables-fixture';

/** What comes in, what is asked, and what is answered: the same for every engine. */
export interface GoldenCase {
  readonly name: string;
  /** Model versions of services in the order in which they came. */
  readonly services: Readonly<Record<string, readonly Taught[]>>;
  /** Lines of the capture log, a list for each build: objects, or texts that stand as they are. */
  readonly log: readonly (readonly (Readonly<Record<string, unknown>> | string)[])[];
  /** What a part holds at most; as many as the engine likes when it is missing. */
  readonly mostRows?: number;
  /** Statements in SQL that all engines know, and a line of text for each row of their results. */
  readonly asked: readonly { readonly sql: string; readonly rows: readonly string[] }[];
}

/** An engine with empty tables of a case's services. */
export interface GoldenEngine {
  build(lines: GoldenCase['log'][number]): Promise<void>;
  rows(sql: string): Promise<readonly (readonly Cell[])[]>;
  close(): void | Promise<void>;
}

export type OpenEngine = (
  golden: Pick<GoldenCase, 'services' | 'mostRows'>,
) => Promise<GoldenEngine>;

/** A row as text: what is no plain word stands in quotes, so that `null` and `5` are no texts. */
export const rowText = (row: readonly Cell[]): string => row.map(cellText).join(' | ');

const cellText = (cell: Cell): string => {
  if (Array.isArray(cell)) return `[${cell.map(cellText).join(', ')}]`;
  if (typeof cell !== 'string') return Object.is(cell, -0) ? '0' : JSON.stringify(cell);
  const isPlain = /^[\p{L}\p{N}][\p{L}\p{N} ,.:_-]*$/u.test(cell) && !isOther(cell);
  return isPlain ? cell : JSON.stringify(cell);
};

/** A text that reads like a value of another type. */
const isOther = (text: string): boolean =>
  ['null', 'true', 'false'].includes(text) || !Number.isNaN(Number(text));
