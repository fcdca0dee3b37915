import type { TableColumn } from '../../../core/tables/table-column';

/** A part's columns with their types, as they are kept of it. */
export const shapeOf = (columns: readonly TableColumn[]): string =>
  columns.map(({ name, type }) => `${name} ${type}`).join(', ');

/** Names of the columns in a shape. */
export const columnsIn = (shape: string): readonly string[] =>
  shape.split(', ').map((column) => column.slice(0, column.indexOf(' ')));
