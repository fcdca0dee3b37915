import { LABELS } from '../../../core/tables/fixed-columns';
import type { TableColumn, TableType } from '../../../core/tables/table-column';
import { name, trinoType } from './quoting';

/** Columns of `labels` as they stand in a line, where times are text. */
const inLine: readonly TableColumn[] = LABELS.filter(
  (column) => column.name !== 'received_date',
).map((column) => (column.type === 'timestamp' ? { ...column, type: 'string' } : column));

/** The type that a label's line has as a whole. */
export const LABEL_ROW = `ROW(${inLine.map((column) => `${name(column.name)} ${trinoType(column.type)}`).join(', ')})`;

/** A label's JSON text as its column has it; null when it does not fit. */
export const typedLabel = (json: string, type: TableType): string => {
  if (type === 'string') return `json_extract_scalar(${json}, '$')`;
  if (type === 'int' || type === 'bigint')
    return `CASE WHEN regexp_like(${json}, '^-?[0-9]+$') THEN TRY_CAST(${json} AS ${trinoType(type)}) END`;
  return type.startsWith('array<')
    ? `TRY_CAST(TRY(json_parse(${json})) AS ${trinoType(type)})`
    : `TRY_CAST(${json} AS ${trinoType(type)})`;
};
