import type { Duck } from './duckdb';
import type { TableState } from './table-state';

/** What work on labels needs. */
export interface LabelNeeds {
  readonly duck: Duck;
  readonly state: TableState;
  /** Where the tables are. */
  readonly folder: string;
  /** Where batches of labels arrive. */
  readonly labels: string;
  readonly now: () => Date;
}
