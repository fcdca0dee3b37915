import type { TableType } from '../../../core/tables/table-column';
import { literal, time, trinoType } from './quoting';

/** A condition: a column has the value that a text says, as its type reads it; never, when it says none. */
export const sameValue = (column: string, type: TableType, text: string): string => {
  if (type === 'string') return `${column} = ${literal(text)}`;
  if (type === 'timestamp') {
    const isLocal = /[T ]/.test(text) && !/(?:Z|[+-]\d\d:?\d\d)$/.test(text);
    const utc = isLocal ? `${text}Z` : text;
    return Number.isNaN(Date.parse(utc)) ? 'false' : `${column} = ${time(utc)}`;
  }
  if (type.startsWith('array<')) {
    return `${column} = TRY_CAST(TRY(json_parse(${literal(text)})) AS ${trinoType(type)})`;
  }
  return `${column} = TRY_CAST(${literal(text)} AS ${trinoType(type)})`;
};
