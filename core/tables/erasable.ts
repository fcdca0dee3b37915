import { DomainError } from '../shared/domain-error';
import type { Erasure } from './erasure';
import { serviceColumns } from './service-columns';
import type { ServiceTable } from './service-table';
import type { TableType } from './table-column';

const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;

/** Whether a text can be a value of a column. */
const fits = (text: string, type: TableType): boolean => {
  switch (type) {
    case 'double':
      return NUMBER.test(text);
    case 'int':
    case 'bigint':
      return /^[+-]?\d+$/.test(text);
    case 'boolean':
      return /^(true|false)$/i.test(text);
    case 'timestamp':
    case 'date':
      return /^\d{4}-\d\d-\d\d/.test(text) && !Number.isNaN(Date.parse(text));
    default:
      return true;
  }
};

/**
 * Refuses to look for what cannot be there.
 * @throws `invalid-input` for a column that there is not, or a value that it cannot have
 */
export const assertErasable = (table: ServiceTable, what: Erasure): void => {
  if (!('column' in what)) return;
  const column = serviceColumns(table).find(({ name }) => name === what.column);
  if (!column) throw new DomainError('invalid-input', 'there is no column of this name');
  if (!fits(String(what.value), column.type)) {
    throw new DomainError('invalid-input', `the column's values are ${column.type}`);
  }
};
