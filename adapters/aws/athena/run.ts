import type { Erasure } from '../../../core/tables/erasure';

/** What an execution of the state machine is for: its input. */
export type Run =
  /** What has arrived since the last one, of all services. */
  | { readonly kind: 'tick' }
  /** A service's tables are to be made, or to get further columns, soon. */
  | { readonly kind: 'tables'; readonly service: string }
  /** Labels received on these days (`YYYY-MM-DD`) look for their rows again, too. */
  | {
      readonly kind: 'refresh';
      readonly service: string;
      readonly from: string;
      readonly to: string;
    }
  | { readonly kind: 'erase'; readonly service: string; readonly what: Erasure }
  | { readonly kind: 'purge'; readonly service: string };
