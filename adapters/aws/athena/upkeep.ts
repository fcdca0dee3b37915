import type { WrittenDays } from '../../../core/tables/upkeep-records';
import { countUnmatched } from './build-labels';
import { forgetErasedBefore } from './erased-ids';
import type { Places } from './places';
import {
  dropOldFiles,
  dropOldSharedFiles,
  type KeptTable,
  packDays,
  packErased,
  removeBefore,
} from './remove';
import type { Steps } from './steps';

/** What is done for a service's tables once a day. */
export interface Upkeep {
  readonly service: string;
  /** Of each table the first day (`YYYY-MM-DD`) that is kept; a table that is not named is kept whole. */
  readonly keep: Readonly<Partial<Record<'requests' | 'rows' | 'labels', string>>>;
  /** Days that were written to, at most 90 of each. */
  readonly days: WrittenDays;
  /** Days on which labels were received that are no longer waited for: those without rows are counted. */
  readonly late: readonly string[];
}

/** Stands for a service's name where the tables of all of them are meant: no service has this one. */
export const ALL_SERVICES = 'all services';

/**
 * Takes out what is kept no longer, packs what was written, and takes away files that nothing names. Tells
 * how many labels have waited in vain.
 */
export function* upkeep(
  places: Places,
  { service, keep, days, late }: Upkeep,
  hasOwnTables: boolean,
): Steps<number> {
  // Where rows go after some days, nobody knows any more what a label meant.
  const isCounted = hasOwnTables && late.length > 0 && keep.rows === undefined;
  const unmatched = isCounted ? yield* countUnmatched(places, { service, dates: late }) : 0;
  const old: readonly (readonly [KeptTable, string | undefined])[] = [
    ['requests', keep.requests],
    ['labels', keep.labels],
    ...(hasOwnTables
      ? ([
          ['rows', keep.rows],
          ['errors', keep.rows],
        ] as const)
      : []),
  ];
  for (const [table, first] of old) {
    if (first !== undefined) yield removeBefore(places, service, table, first);
  }
  const written: readonly (readonly [KeptTable, readonly string[]])[] = [
    ['requests', days.requests],
    ['labels', days.labels],
    ...(hasOwnTables
      ? ([
          ['rows', days.rows],
          ['errors', days.requests],
        ] as const)
      : []),
  ];
  for (const [table, dates] of written) {
    if (dates.length > 0) yield packDays(places, service, table, dates);
  }
  if (hasOwnTables) {
    for (const table of ['rows', 'errors'] as const) yield dropOldFiles(places, service, table);
  }
  return unmatched;
}

/**
 * Forgets which requests were erased before a time (RFC 3339; null: all are remembered), and takes away
 * files that nothing names from the tables of all services.
 */
export function* sharedUpkeep(places: Places, erasedSince: string | null): Steps<void> {
  if (erasedSince !== null) yield forgetErasedBefore(places, erasedSince);
  yield packErased(places);
  for (const table of ['requests', 'labels', 'erased'] as const) {
    yield dropOldSharedFiles(places, table);
  }
}
