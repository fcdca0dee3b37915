import type { Retention } from '../../../core/services/service';
import { errorsTableNameOf, tableNameOf } from '../../../core/tables/table-name';
import { whole } from './erase';
import type { LabelNeeds } from './label-needs';
import { carryOut, finishDecided } from './part-files';
import { literal } from './quoting';
import { removeRows } from './remove-rows';

type Needs = Pick<LabelNeeds, 'duck' | 'state' | 'folder' | 'now'>;

const DAY_MS = 86_400_000;

/** Takes out of the tables what a service keeps no longer: whole days, in UTC. Answers how many rows. */
export const retain = async (
  needs: Needs,
  service: string,
  { requests_days, rows_days, labels_days }: Retention,
): Promise<number> => {
  const { state, now } = needs;
  await finishDecided(state);
  /** Parts of a table that are older than so many days. */
  const older = (table: string, days: number | null) => {
    if (days === null) return [];
    const first = new Date(now().getTime() - days * DAY_MS).toISOString().slice(0, 10);
    return state.allParts().filter((part) => part.table === table && part.date < first);
  };
  const ofService = `service = ${literal(service)}`;
  const removed = [
    await removeRows(needs, older('requests', requests_days), ofService),
    await removeRows(needs, older('labels', labels_days), ofService),
    whole(needs, older(tableNameOf(service), rows_days)),
    whole(needs, older(errorsTableNameOf(service), rows_days)),
  ];
  const rows = removed.reduce((sum, part) => sum + part.rows, 0);
  if (rows === 0) return 0;
  await carryOut(state, {
    replacements: removed.flatMap((part) => part.replacements),
    removals: removed.flatMap((part) => part.removals),
  });
  return rows;
};
