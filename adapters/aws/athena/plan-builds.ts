import type { FoundHour } from '../../../core/tables/dirty-hours';
import type { BuildItem } from './build-item';

/** A piece of work, on which day it was planned, and the dirty hours that it deals with. */
export interface Work {
  readonly item: BuildItem;
  /** `YYYY-MM-DD` */
  readonly today: string;
  readonly found: readonly FoundHour[];
}

/** Pieces of work of one service, to be done one after the other. */
export interface ServiceWork {
  readonly service: string;
  readonly works: readonly Work[];
}

/** Pieces that one run takes on: what it knows of them has to fit into its state. */
const MOST_WORKS = 200;

/**
 * The work that dirty hours make: by service and day, requests before labels, so that labels find rows.
 * What is more than one run takes on stays dirty for the next.
 */
export const planBuilds = (hours: readonly FoundHour[], today: string): readonly ServiceWork[] => {
  const byDay = Map.groupBy(hours, ({ service, kind, date }) => `${service}#${kind}#${date}`);
  const works = [...byDay.values()].slice(0, MOST_WORKS).flatMap((found): readonly Work[] => {
    const [first] = found;
    if (!first) return [];
    const { service, kind, date } = first;
    return [{ item: { kind, service, date, hours: found.map(({ hour }) => hour) }, today, found }];
  });
  const ofService = Map.groupBy(works, ({ item }) => item.service);
  return [...ofService].map(([service, some]) => ({
    service,
    works: some.toSorted((one, other) => rank(one) - rank(other)),
  }));
};

const rank = ({ item }: Work): number => (item.kind === 'labels' ? 1 : 0);
