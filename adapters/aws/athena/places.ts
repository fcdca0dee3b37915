import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { name } from './quoting';

/** The databases of a stage: of what analysts read, and of what has arrived and is read by builds alone. */
export interface Places {
  readonly database: string;
  readonly rawDatabase: string;
}

/** Tables as they stand in statements. */
export const tablesOf = ({ database, rawDatabase }: Places) => {
  const of = (table: string): string => `${name(database)}.${name(table)}`;
  const raw = (table: string): string => `${name(rawDatabase)}.${name(table)}`;
  return {
    requests: of('requests'),
    labels: of('labels'),
    rows: (service: string): string => of(tableNameOf(service)),
    errors: (service: string): string => of(errorsTableNameOf(service)),
    rawRequests: raw('requests'),
    rawSpill: raw('spill'),
    rawLabels: raw('labels'),
    /** Which requests were erased, so that what arrives late of them stays out. */
    erased: raw('erased'),
  };
};
