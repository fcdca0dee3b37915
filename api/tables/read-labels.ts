import { DomainError, type Fault } from '../../core/shared/domain-error';
import type { Label } from '../../core/tables/label';
import { type OutcomeType, THE_LABEL } from '../../core/tables/outcomes';
import type { TableType } from '../../core/tables/table-column';
import { csvRecords } from '../inference/csv-source';
import { decodeText, parseJson } from '../inference/parse-json';
import { FIELDS, type Fields, faultOf, type LabelTypes, nameOf, timeOf } from './label-fault';
import { labelOfText, OUTCOME_TYPES } from './label-value';

const MOST_LABELS = 10_000;
const MOST_FAULTS = 20;
/** Labels of a call, and the types of all the outcomes with names that they tell. */
export interface LabelsRead {
  readonly labels: readonly Label[];
  readonly outcomes: ReadonlyMap<string, OutcomeType>;
}

/**
 * The labels of a call. An outcome with a name has the type of its first value.
 * @throws `malformed-body`; `invalid-input` with the first 20 faults: all or nothing
 */
export const readLabels = (
  body: Uint8Array,
  type: 'json' | 'csv',
  known: LabelTypes,
): LabelsRead => {
  const { entries, total } = type === 'csv' ? fromCsv(decodeText(body), known) : fromJson(body);
  if (total === 0) throw invalid('there are no labels');
  if (total > MOST_LABELS) throw invalid(`${total} labels; one call takes ${MOST_LABELS}`);
  const faults: Fault[] = [];
  let wrong = 0;
  const outcomes = new Map<string, OutcomeType>();
  for (const [row, entry] of entries.entries()) {
    const message = typeof entry === 'string' ? entry : faultOf(entry, known, outcomes);
    if (message === undefined) continue;
    wrong += 1;
    if (faults.length < MOST_FAULTS) faults.push({ row, code: 'label', message });
  }
  const [first] = faults;
  if (!first) {
    const labels = entries.flatMap((entry) => (typeof entry === 'string' ? [] : labelOf(entry)));
    return { labels, outcomes };
  }
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

const fromCsv = (text: string, { predicted, outcomes }: LabelTypes): Given => {
  const { records, total } = csvRecords(text, MOST_LABELS + 1);
  const [header = [], ...rows] = records;
  const unknown = header.find((field, i) => !FIELDS.includes(field) || header.indexOf(field) !== i);
  if (unknown !== undefined || !header.includes('label')) {
    throw invalid(`the first line names columns, each once: ${FIELDS.join(', ')}`);
  }
  const nameAt = header.indexOf('name');
  const typesOf = (name = ''): readonly TableType[] => {
    if (name === '' || name === THE_LABEL) return predicted;
    const before = outcomes.get(name);
    return before ? [before] : OUTCOME_TYPES;
  };
  const entries = rows.map((cells): Entry => {
    if (cells.length !== header.length) return 'another number of cells than columns';
    const members = header.flatMap((field, place): [string, unknown][] => {
      const cell = cells[place] ?? '';
      if (cell === '') return [];
      if (field === 'row') return [[field, /^\d{1,9}$/.test(cell) ? Number(cell) : cell]];
      return [[field, field === 'label' ? labelOfText(cell, typesOf(cells[nameAt])) : cell]];
    });
    return Object.fromEntries(members);
  });
  return { entries, total: total - 1 };
};

const labelOf = (fields: Fields): Label => {
  const text = (value: unknown): string | null => (value === undefined ? null : String(value));
  const { example_id, row, labelled_at } = fields;
  const name = nameOf(fields);
  return {
    ...(name !== undefined && { name: String(name) }),
    example_id: text(example_id),
    request_id: text(fields.request_id),
    client_request_id: text(fields.client_request_id),
    row_index: example_id === undefined ? Number(row ?? 0) : null,
    label: fields.label,
    labelled_at: timeOf(labelled_at),
  };
};
