import type { ErrorKind } from '../../../core/shared/domain-error';
import type { Erasure } from '../../../core/tables/erasure';
import type { ResultFormat } from '../../../core/tables/warehouse';
import type { LabelsAgain } from './builder';
import type { StepReport } from './table-builder';

/** How much of a result is wanted. */
export interface ResultLimits {
  readonly maxRows: number;
  /** Of its JSON; 4 MB by default. */
  readonly maxBytes?: number;
  /** One row is given even when it takes more. */
  readonly oneAtLeast?: boolean;
}

/** What the platform asks of a process that works on the tables. */
export type Ask =
  | ({ readonly ask: 'query'; readonly sql: string } & ResultLimits)
  | {
      readonly ask: 'export';
      readonly sql: string;
      readonly format: ResultFormat;
      readonly file: string;
    }
  /** Answers once all that has been captured and labelled until now is in the tables. */
  | { readonly ask: 'catch-up'; readonly again: LabelsAgain }
  /** Takes out of the log what has long been in the tables. Segments up to `upTo` do not grow any more. */
  | { readonly ask: 'trim'; readonly upTo: number }
  /** Segments of the log up to `upTo` do not grow any more, and are emptied. */
  | {
      readonly ask: 'erase';
      readonly service: string;
      readonly what: Erasure;
      readonly upTo: number;
    }
  | { readonly ask: 'purge'; readonly service: string; readonly upTo: number }
  /** Answers at once how far a service's tables are behind. */
  | { readonly ask: 'status'; readonly service: string };

export type ToWorker =
  | (Ask & { readonly id: number })
  | { readonly ask: 'cancel'; readonly id: number };

/** An error on its way between processes. */
export interface SentError {
  readonly kind: ErrorKind | null;
  readonly message: string;
  readonly retryAfterS?: number;
}

export type FromWorker =
  | { readonly tell: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly tell: 'failure'; readonly id: number; readonly error: SentError }
  | { readonly tell: 'built'; readonly report: StepReport }
  | { readonly tell: 'trouble'; readonly message: string };
