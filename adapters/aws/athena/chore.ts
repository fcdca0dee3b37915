/**
 * Work on objects in S3, which Athena cannot do; doing it again does no harm. Each does a part and answers
 * one row with where to go on, or with null when all is done.
 */
export type Chore =
  /** Takes lines out of what has arrived, as a query has found them: an object and a line by row. */
  | { readonly kind: 'rewrite'; readonly query: string; readonly after: number }
  /** Takes everything away that has arrived for a service. */
  | { readonly kind: 'empty'; readonly service: string }
  /** Takes results of statements away: all that callers asked for, and those of builds from before a time. */
  | { readonly kind: 'forget-results'; readonly before: string };
