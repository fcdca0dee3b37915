import { type OutcomeType, THE_LABEL } from '../../core/tables/outcomes';
import type { TableType } from '../../core/tables/table-column';
import { millisecondsOf } from '../inference/date-time';
import { fitsLabel, outcomeTypeOf } from './label-value';

const MOST_ROWS = 10_000;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EXAMPLE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?:0|[1-9]\d{0,4})$/;
const CLIENT = /^[\x20-\x7e]{1,256}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const KEPT_TIME = /^(?!0000)\d{4}-/;
const OUTCOME = /^[a-z][a-z0-9_]{0,62}$/;
const ADDRESS = ['example_id', 'request_id', 'client_request_id', 'row'];
export const FIELDS = [...ADDRESS, 'name', 'label', 'labelled_at'];

/** A label's members as they came. */
export type Fields = Readonly<Record<string, unknown>>;

/** What labels of a service can be. */
export interface LabelTypes {
  /** Of the service's predictions. */
  readonly predicted: readonly TableType[];
  /** Of the outcomes with names that were told before. */
  readonly outcomes: ReadonlyMap<string, OutcomeType>;
}

/** What is wrong with a label; values are not repeated. An outcome with a name goes into `outcomes`. */
export const faultOf = (
  fields: Fields,
  known: LabelTypes,
  outcomes: Map<string, OutcomeType>,
): string | undefined => {
  const unknown = Object.keys(fields).find((field) => !FIELDS.includes(field));
  if (unknown !== undefined) return `there are only ${FIELDS.join(', ')}`;
  const { example_id, request_id, client_request_id, row, label, labelled_at } = fields;
  const ways = [example_id, request_id, client_request_id].filter((id) => id !== undefined);
  if (ways.length !== 1) return 'give one of example_id, request_id, client_request_id';
  if (example_id !== undefined && !isText(example_id, EXAMPLE)) return 'example_id is no such id';
  if (example_id !== undefined && row !== undefined) return 'an example_id has its row in it';
  if (request_id !== undefined && !isText(request_id, ID)) return 'request_id is no such id';
  if (client_request_id !== undefined && !isText(client_request_id, CLIENT)) {
    return 'client_request_id is 1 to 256 characters from 0x20 to 0x7E';
  }
  if (
    row !== undefined &&
    !(Number.isInteger(row) && Number(row) >= 0 && Number(row) < MOST_ROWS)
  ) {
    return `row is a whole number from 0 to ${MOST_ROWS - 1}`;
  }
  if (label === undefined) return 'there is no label';
  if (labelled_at !== undefined && timeOf(labelled_at) === null) {
    return 'labelled_at is a time with a zone: 2026-11-20T10:00:00Z';
  }
  return nameOf(fields) === undefined
    ? faultOfPredicted(label, known)
    : faultOfOutcome(fields, known, outcomes);
};

/** The name of an outcome other than the predicted one. */
export const nameOf = ({ name }: Fields): unknown => (name === THE_LABEL ? undefined : name);

const faultOfPredicted = (label: unknown, { predicted }: LabelTypes): string | undefined =>
  predicted.some((type) => fitsLabel(label, type))
    ? undefined
    : `the label is no ${predicted.join(' or ')}, which the prediction is`;

const faultOfOutcome = (
  { name, label }: Fields,
  known: LabelTypes,
  outcomes: Map<string, OutcomeType>,
): string | undefined => {
  if (!isText(name, OUTCOME)) return 'name is a-z, 0-9 and _, from a letter on, at most 63 of them';
  const of = String(name);
  const type = known.outcomes.get(of) ?? outcomes.get(of) ?? outcomeTypeOf(label);
  if (type === undefined) return `${of} is a number, a truth or a text`;
  if (!fitsLabel(label, type)) return `${of} is no ${type}, which it was before`;
  outcomes.set(of, type);
  return undefined;
};

/** A time as it is kept, its year one of four digits in UTC, too; null for what is none. */
export const timeOf = (value: unknown): string | null => {
  const milliseconds = isText(value, TIME) ? millisecondsOf(String(value)) : null;
  if (milliseconds === null) return null;
  const time = new Date(milliseconds).toISOString();
  return KEPT_TIME.test(time) ? time : null;
};

const isText = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value);
