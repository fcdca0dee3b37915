import type { ArrivalKind } from '../../../core/tables/dirty-hours';
import type { Erasure } from '../../../core/tables/erasure';
import { NO_DAYS, type WrittenDays } from '../../../core/tables/upkeep-records';
import { type BuildReport, buildArrival, lastDays, type TabledService } from './build-arrival';
import { buildLabels, type LabelReport, labelFrom } from './build-labels';
import type { AmbiguousOn } from './client-labels';
import type { Ground } from './create-tables';
import { daysWithLabels } from './days-with-labels';
import { erase } from './erase';
import { inParts } from './in-parts';
import type { Places } from './places';
import { prepareTables } from './prepare-tables';
import { purge } from './purge';
import { MOST_DAYS } from './quoting';
import type { Steps } from './steps';
import { type ALL_SERVICES, sharedUpkeep, type Upkeep, upkeep } from './upkeep';

/** A piece of work on a service's tables. */
export type BuildItem =
  /** Makes them as its description of this revision says; 0 when it has none. */
  | { readonly kind: 'tables'; readonly service: string; readonly revision: number }
  | {
      readonly kind: ArrivalKind;
      readonly service: string;
      readonly date: string;
      readonly hours: readonly string[];
    }
  /** Labels received on these days (`YYYY-MM-DD`, both of them) look for their rows once more. */
  | {
      readonly kind: 'labels-again';
      readonly service: string;
      readonly from: string;
      readonly to: string;
    }
  | (Upkeep & { readonly kind: 'upkeep' })
  /** What is done once a day for the tables of all services; before this time no erasure is remembered. */
  | {
      readonly kind: 'shared-upkeep';
      readonly service: typeof ALL_SERVICES;
      readonly erasedSince: string | null;
    }
  /** `at` is when it was asked, RFC 3339. */
  | {
      readonly kind: 'erase';
      readonly service: string;
      readonly what: Erasure;
      readonly at: string;
    }
  | { readonly kind: 'purge'; readonly service: string; readonly at: string };

/** What a piece of work came to; what it does not concern is 0. Of an erasure and a purge, what went. */
export type ItemReport = BuildReport &
  LabelReport & {
    /** Labels that are no longer waited for: they had no row for a week. */
    readonly unmatched: number;
  };

/** The same with the days to which it wrote, and the ambiguous labels that still wait for requests. */
export interface ItemResult {
  readonly report: ItemReport;
  readonly wrote: WrittenDays;
  readonly ambiguous: AmbiguousOn;
}

interface Needs {
  readonly places: Places;
  readonly ground: Ground;
  /** Where what has arrived lies, as `s3://…/`, and for how many days; null for ever. */
  readonly captured: string;
  readonly capturedDays: number | null;
  /** Undefined for a service that has no tables of its own. */
  readonly described: TabledService | undefined;
  /** `YYYY-MM-DD` */
  readonly today: string;
  /** The execution that does it. */
  readonly execution: string;
}

const NOTHING: ItemReport = {
  ...{ requests: 0, rows: 0, errors: 0, malformed: 0 },
  ...{ labels: 0, labelled: 0, unmatched: 0 },
};
const DONE: ItemResult = { report: NOTHING, wrote: NO_DAYS, ambiguous: new Map() };

/** The steps that a piece of work needs, in order. @throws RangeError, and what its checks throw */
export function* buildItem(needs: Needs, item: BuildItem): Steps<ItemResult> {
  const { places, ground, described, today } = needs;
  switch (item.kind) {
    case 'tables':
      yield* prepareTables(places, ground, item.service, described?.table);
      return DONE;
    case 'requests': {
      const { report, dates, ambiguous } = yield* buildArrival(places, item, described, today);
      return {
        ...{ report: { ...NOTHING, ...report }, ambiguous },
        wrote: { requests: dates, rows: dates, labels: [] },
      };
    }
    case 'labels': {
      const { report, dates, ambiguous } = yield* buildLabels(places, item, described);
      const waiting = new Set(lastDays(today));
      return {
        report: { ...NOTHING, ...report },
        ambiguous: new Map([...ambiguous].filter(([date]) => waiting.has(date))),
        wrote: { requests: [], rows: dates, labels: [item.date] },
      };
    }
    case 'labels-again':
      return described ? yield* labelAgain(places, item, described) : DONE;
    case 'upkeep':
      return {
        ...DONE,
        report: { ...NOTHING, unmatched: yield* upkeep(places, item, described !== undefined) },
      };
    case 'shared-upkeep':
      yield* sharedUpkeep(places, item.erasedSince);
      return DONE;
    case 'erase':
      return { ...DONE, report: { ...NOTHING, ...(yield* erase(needs, item)) } };
    case 'purge':
      return { ...DONE, report: { ...NOTHING, ...(yield* purge(needs, item)) } };
  }
}

function* labelAgain(
  places: Places,
  { service, from, to }: Extract<BuildItem, { kind: 'labels-again' }>,
  described: TabledService,
): Steps<ItemResult> {
  const { rows } = yield daysWithLabels(places, service, from, to);
  const days = rows.map(([date]) => date ?? '');
  let labelled = 0;
  const written = new Set<string>();
  for (const some of inParts(days, MOST_DAYS)) {
    const { report, dates } = yield* labelFrom(places, { service, dates: some }, described);
    labelled += report.labelled;
    for (const date of dates) written.add(date);
  }
  return {
    ...DONE,
    report: { ...NOTHING, labelled },
    wrote: { requests: [], rows: labelled > 0 ? [...written] : [], labels: [] },
  };
}
