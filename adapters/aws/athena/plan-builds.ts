import type { FoundHour } from '../../../core/tables/dirty-hours';
import type { BuildItem } from './build-item';

/** A dirty hour of a piece of work as it was found; its service, kind and day are the work's. */
export interface FoundPart {
  readonly hour: string;
  readonly revision: number;
}

/** A piece of work, and the dirty hours that it deals with. */
export interface Work {
  readonly item: BuildItem;
  /** When it was planned, RFC 3339: its hours were looked up after that. */
  readonly at: string;
  readonly found: readonly FoundPart[];
}

/** The dirty hours of a piece of work, as they were found. */
export const hoursOf = ({ item, found }: Work): readonly Omit<FoundHour, 'since'>[] => {
  if (item.kind !== 'requests' && item.kind !== 'labels') return [];
  const { service, kind, date } = item;
  return found.map((part) => ({ ...part, service, kind, date }));
};

/** Pieces of work of one service, to be done one after the other. */
export interface ServiceWork {
  readonly service: string;
  readonly works: readonly Work[];
}

/**
 * Pieces that one execution takes on: what it knows of them has to fit into its state (256 KiB), and their
 * steps into its history (25,000 events, some 200 a piece).
 */
const MOST_WORKS = 80;
const MOST_HOURS = 800;

/** What there is to do. */
interface Found {
  readonly hours: readonly FoundHour[];
  /** Services whose tables are not as they are described, with the revision of the description. */
  readonly unmade: ReadonlyMap<string, number>;
  /** What is done when everything else is; never left out. */
  readonly last: readonly BuildItem[];
  /** RFC 3339, before the hours were looked up. */
  readonly at: string;
}

/**
 * The work of an execution: by service, its tables first, then what has arrived by day, what has waited
 * longest first, and requests before labels, so that labels find rows. What is more than one execution
 * takes on stays for the next.
 */
export const planBuilds = ({ hours, unmade, last, at }: Found): readonly ServiceWork[] => {
  const oldest = hours.toSorted((one, other) => (one.since < other.since ? -1 : 1));
  const byDay = Map.groupBy(
    oldest.slice(0, MOST_HOURS),
    ({ service, kind, date }) => `${service}#${kind}#${date}`,
  );
  const made = [...unmade].map(
    ([service, revision]) => ({ kind: 'tables', service, revision }) as const,
  );
  const first: readonly Work[] = [
    ...made.map((item) => ({ item, at, found: [] })),
    ...[...byDay.values()].flatMap((found): readonly Work[] => workOf(found, at)),
  ];
  const works = [
    ...first.slice(0, MOST_WORKS - last.length),
    ...last.map((item) => ({ item, at, found: [] })),
  ];
  const ofService = Map.groupBy(works, ({ item }) => item.service);
  return [...ofService].map(([service, some]) => ({
    service,
    works: some.toSorted((one, other) => RANKS[one.item.kind] - RANKS[other.item.kind]),
  }));
};

const workOf = (found: readonly FoundHour[], at: string): readonly Work[] => {
  const [first] = found;
  if (!first) return [];
  const { service, kind, date } = first;
  const hours = found.map(({ hour }) => hour).toSorted();
  const parts = found.map(({ hour, revision }) => ({ hour, revision }));
  return [{ item: { kind, service, date, hours }, at, found: parts }];
};

const RANKS: Readonly<Record<BuildItem['kind'], number>> = {
  ...{ tables: 0, requests: 1, labels: 2, 'labels-again': 3 },
  ...{ upkeep: 4, 'shared-upkeep': 4, erase: 5, purge: 6 },
};
