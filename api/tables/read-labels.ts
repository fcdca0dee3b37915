import { DomainError, type Fault } from '../../core/shared/domain-error';
import type { Label } from '../../core/tables/label';
import type { TableType } from '../../core/tables/table-column';
import { csvRecords } from '../inference/csv-source';
import { millisecondsOf } from '../inference/date-time';
import { decodeText, parseJson } from '../inference/parse-json';
import { fitsLabel, labelOfText } from './label-value';

type Fields = Readonly<Record<string, unknown>>;

const MOST_LABELS = 10_000;
const MOST_FAULTS = 20;
const MOST_ROWS = 10_000;
const ID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const EXAMPLE = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}-(?:0|[1-9]\d{0,4})$/;
const CLIENT = /^[\x20-\x7e]{1,256}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;
const KEPT_TIME = /^(?!0000)\d{4}-/;
const FIELDS = ['example_id', 'request_id', 'client_request_id', 'row', 'label', 'labelled_at'];

/**
 * The labels of a call. `types` are those of the service's predictions.
 * @throws `malformed-body`; `invalid-input` with the first 20 faults: all or nothing
 */
export const readLabels = (
  body: Uint8Array,
  type: 'json' | 'csv',
  types: readonly TableType[],
): readonly Label[] => {
  const { entries, total } = type === 'csv' ? fromCsv(decodeText(body), types) : fromJson(body);
  if (total === 0) throw invalid('there are no labels');
  if (total > MOST_LABELS) throw invalid(`${total} labels; one call takes ${MOST_LABELS}`);
  const faults: Fault[] = [];
  let wrong = 0;
  for (const [row, entry] of entries.entries()) {
    const message = typeof entry === 'string' ? entry : faultOf(entry, types);
    if (message === undefined) continue;
    wrong += 1;
    if (faults.length < MOST_FAULTS) faults.push({ row, code: 'label', message });
  }
  const [first] = faults;
  if (!first) return entries.flatMap((entry) => (typeof entry === 'string' ? [] : labelOf(entry)));
  const more = wrong > 1 ? ` (and ${wrong - 1} more)` : '';
  throw invalid(`label ${first.row}: ${first.message}${more}`, faults);
};

/** A label's members, or why there are none. */
type Entry = Fields | string;

interface Given {
  readonly entries: readonly Entry[];
  readonly total: number;
}

const invalid = (message: string, faults: readonly Fault[] = []): DomainError =>
  new DomainError('invalid-input', message, { faults });

const fromJson = (body: Uint8Array): Given => {
  const { labels } = parseJson(body).value;
  if (!Array.isArray(labels)) throw invalid('give {"labels": [{…}]}');
  const entries = labels.map((entry: unknown): Entry => {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return 'not an object';
    // Exporters write null for what is not there; for a label it is no value.
    return Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== null));
  });
  return { entries, total: labels.length };
};

const fromCsv = (text: string, types: readonly TableType[]): Given => {
  const { records, total } = csvRecords(text, MOST_LABELS + 1);
  const [header = [], ...rows] = records;
  const unknown = header.find((field, i) => !FIELDS.includes(field) || header.indexOf(field) !== i);
  if (unknown !== undefined || !header.includes('label')) {
    throw invalid(`the first line names columns, each once: ${FIELDS.join(', ')}`);
  }
  const entries = rows.map((cells): Entry => {
    if (cells.length !== header.length) return 'another number of cells than columns';
    const members = header.flatMap((field, place): [string, unknown][] => {
      const cell = cells[place] ?? '';
      if (cell === '') return [];
      if (field === 'row') return [[field, /^\d{1,9}$/.test(cell) ? Number(cell) : cell]];
      return [[field, field === 'label' ? labelOfText(cell, types) : cell]];
    });
    return Object.fromEntries(members);
  });
  return { entries, total: total - 1 };
};

const isText = (value: unknown, pattern: RegExp): boolean =>
  typeof value === 'string' && pattern.test(value);

/** What is wrong with a label; values are not repeated. */
const faultOf = (fields: Fields, types: readonly TableType[]): string | undefined => {
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
  if (!types.some((type) => fitsLabel(label, type))) {
    return `the label is no ${types.join(' or ')}, which the prediction is`;
  }
  if (labelled_at !== undefined && timeOf(labelled_at) === null) {
    return 'labelled_at is a time with a zone: 2026-11-20T10:00:00Z';
  }
  return undefined;
};

/** A time as it is kept, its year one of four digits in UTC, too; null for what is none. */
const timeOf = (value: unknown): string | null => {
  const milliseconds = isText(value, TIME) ? millisecondsOf(String(value)) : null;
  if (milliseconds === null) return null;
  const time = new Date(milliseconds).toISOString();
  return KEPT_TIME.test(time) ? time : null;
};

const labelOf = (fields: Fields): Label => {
  const text = (value: unknown): string | null => (value === undefined ? null : String(value));
  const { example_id, row, labelled_at } = fields;
  return {
    example_id: text(example_id),
    request_id: text(fields.request_id),
    client_request_id: text(fields.client_request_id),
    row_index: example_id === undefined ? Number(row ?? 0) : null,
    label: fields.label,
    labelled_at: timeOf(labelled_at),
  };
};
