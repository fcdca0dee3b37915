import type { AskedRun } from '../../../core/tables/table-run';

/** What an execution of the state machine is for: its input. */
export type Run =
  /** What has arrived since the last one, of all services. */
  | { readonly kind: 'tick' }
  /** A service's tables are to be made, or to get further columns, soon. */
  | { readonly kind: 'tables'; readonly service: string }
  | { readonly kind: 'purge'; readonly service: string }
  | AskedRun;
