import type { ArrivalKind } from '../../../core/tables/dirty-hours';
import { type BuildReport, buildArrival, type TabledService } from './build-arrival';
import { buildLabels, type LabelReport, labelFrom } from './build-labels';
import type { Places } from './places';
import { prepareTables } from './prepare-tables';
import { MOST_DAYS } from './quoting';
import type { Steps } from './steps';

/** A piece of work on a service's tables. */
export type BuildItem =
  | { readonly kind: 'tables'; readonly service: string }
  | {
      readonly kind: ArrivalKind;
      readonly service: string;
      readonly date: string;
      readonly hours: readonly string[];
    }
  /** Labels received on these days (`YYYY-MM-DD`, at most 90) look for their rows once more. */
  | { readonly kind: 'labels-again'; readonly service: string; readonly dates: readonly string[] };

/** What a piece of work came to; what it does not concern is 0. */
export type ItemReport = BuildReport & LabelReport;

interface Needs {
  readonly places: Places;
  /** Where tables lie. */
  readonly bucket: string;
  /** Undefined for a service that has no tables of its own. */
  readonly described: TabledService | undefined;
  /** `YYYY-MM-DD` */
  readonly today: string;
}

const NOTHING: ItemReport = {
  ...{ requests: 0, rows: 0, errors: 0, malformed: 0 },
  ...{ labels: 0, labelled: 0, ambiguous: 0 },
};

/** The statements that a piece of work needs, in order. @throws RangeError, and what its checks throw */
export function* buildItem(
  { places, bucket, described, today }: Needs,
  item: BuildItem,
): Steps<ItemReport> {
  switch (item.kind) {
    case 'tables': {
      if (described) yield* prepareTables(places, bucket, item.service, described.table);
      return NOTHING;
    }
    case 'requests':
      return { ...NOTHING, ...(yield* buildArrival(places, item, described, today)) };
    case 'labels':
      return { ...NOTHING, ...(yield* buildLabels(places, item, described)) };
    case 'labels-again': {
      if (item.dates.length > MOST_DAYS) throw new RangeError(`at most ${MOST_DAYS} days`);
      return described ? { ...NOTHING, ...(yield* labelFrom(places, item, described)) } : NOTHING;
    }
  }
}
