import { REQUESTS } from '../../../core/tables/fixed-columns';
import type { TableColumn } from '../../../core/tables/table-column';
import { name, trinoType } from './quoting';

/** Columns whose values stand in a record's line as text that SQL has to read first. */
const READ_FROM_TEXT: ReadonlySet<string> = new Set(['timestamp', 'date']);

const inLine = ({ name: column, type }: TableColumn): string =>
  `${name(column)} ${READ_FROM_TEXT.has(type) ? 'varchar' : trinoType(type)}`;

/** The type that a record's line has as a whole: members by their names, missing ones null. */
export const RECORD_ROW = `ROW(${REQUESTS.map(inLine).join(', ')})`;

/** A UUIDv7 in lower case, as requests have them. */
export const REQUEST_ID = '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';

/** The first day of which there can be a request: none is older than the platform. */
export const FIRST_DAY = '2020-01-01';

const timeOfId = (column: string): string =>
  `from_unixtime(TRY(from_base(replace(substr(${column}, 1, 13), '-', ''), 16)) / 1000)`;

/** The day that a request's id says, or an example's, in a column; null when it is none. */
export const dayOfId = (column: string): string => `CAST(${timeOfId(column)} AS date)`;

/** The hour so many hours after what a request's id says, as paths of what arrived have it: `2026-11-20/hour=10`. */
export const hourOfId = (column: string, later: number): string =>
  `date_format(date_add('hour', ${later}, ${timeOfId(column)}), '%Y-%m-%d/hour=%H')`;

/** When a record's text says that it was asked; null when it says no time. Times are UTC. */
export const timeOf = (text: string): string =>
  `CAST(TRY(from_iso8601_timestamp(${text})) AT TIME ZONE 'UTC' AS timestamp(6))`;
