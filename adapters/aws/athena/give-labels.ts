import { outcomesOf } from '../../../core/tables/outcomes';
import type { ServiceTable } from '../../../core/tables/service-table';
import type { ReceivedLabels } from './label-rows';
import { type LabelPlace, mergeLabels } from './merge-labels';
import type { Places } from './places';
import { addMissingColumns } from './prepare-tables';
import type { Steps } from './steps';
import type { Window } from './take-requests';

/** A service's table, and where its versions' labels stand in it. */
interface Labelled {
  readonly table: ServiceTable;
  readonly versions: readonly LabelPlace[];
}

/** Gives the rows of a window the labels that mean them; how many rows have changed. */
export function* giveLabels(
  places: Places,
  from: ReceivedLabels,
  window: Window,
  { table, versions }: Labelled,
): Steps<number> {
  // A label may have told a new outcome since this run began with making the tables.
  if (outcomesOf(table.columns).length > 0) yield* addMissingColumns(places, from.service, table);
  return (yield mergeLabels(places, from, window, table.columns, versions)).written ?? 0;
}
