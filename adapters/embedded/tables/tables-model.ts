import type { Retention } from '../../../core/services/service';
import type { Erasure } from '../../../core/tables/erasure';
import type { Label } from '../../../core/tables/label';
import { dayOf, type Happened, idOfHappened, primaryOf, rowsOfHappened } from './happened-fixture';

/** A label that came. */
interface Known {
  readonly label: Label;
  readonly service: string;
  readonly at: string;
  readonly position: number;
  /** The requests that its client's id has meant. */
  readonly asked: Set<string>;
}

const DAY_MS = 86_400_000;

/**
 * What the tables hold when these requests and labels have come and gone, so plain that it cannot be wrong:
 * requests by their places in the pool, labels found at once.
 */
export const naiveTables = (pool: readonly Happened[]) => {
  const present = new Set<number>();
  const expired = new Set<number>();
  const labels = new Set<Known>();
  const expiredLabels = new Set<Known>();
  /** Labels that are no longer waited for: what comes after does not find them. */
  const late = new Set<Known>();
  /** What examples were labelled, by service and example. */
  const found = new Map<string, Known[]>();
  let ambiguous = 0;

  const id = (n: number): string => idOfHappened(pool, n);
  const of = (n: number): Happened => pool[n] as Happened;
  const find = (known: Known, example: string): void => {
    const key = `${known.service}/${example}`;
    found.set(key, [...(found.get(key) ?? []), known]);
  };
  const examplesOf = (n: number): readonly string[] =>
    (rowsOfHappened(pool, n) ?? []).map((_, row) => `${id(n)}-${row}`);
  /** A label by a client's id finds a request. */
  const isMeant = ({ label, service, at }: Known, n: number): boolean => {
    const one = of(n);
    const isTheirs = one.client !== null && one.client === label.client_request_id;
    const isInTime = Date.parse(one.time) <= Date.parse(at) + DAY_MS;
    const isAnswered = one.status === 200 && Number(label.row_index) < one.rows;
    return isTheirs && one.service === service && isInTime && isAnswered;
  };
  const meet = (known: Known, n: number): void => {
    if (!isMeant(known, n)) return;
    const before = known.asked.size;
    known.asked.add(primaryOf(pool, n) ?? id(n));
    if (before === 1 && known.asked.size === 2) ambiguous += 1;
    find(known, `${id(n)}-${known.label.row_index}`);
  };
  /** The example that a label names. */
  const exampleOf = ({ label: { example_id, request_id, row_index } }: Known): string | null =>
    example_id ?? (request_id === null ? null : `${request_id}-${row_index}`);

  return {
    /** Requests that were there and are kept no longer. They do not come again. */
    isExpired: (n: number): boolean => expired.has(n),

    /** How many labels have meant several requests. */
    ambiguous: (): number => ambiguous,

    predict(n: number): void {
      if (present.has(n)) return;
      present.add(n);
      for (const known of labels) if (!late.has(known)) meet(known, n);
    },

    label(service: string, batch: readonly Label[], at: string): void {
      for (const [position, label] of batch.entries()) {
        const known = { label, service, at, position, asked: new Set<string>() };
        labels.add(known);
        const example = exampleOf(known);
        if (example !== null) find(known, example);
        else for (const n of present) meet(known, n);
      }
    },

    /** So much time goes by that labels without a row are no longer waited for. */
    weekPasses(): void {
      for (const known of labels) late.add(known);
      const examples = new Set(
        [...present].flatMap((n) => examplesOf(n).map((example) => `${of(n).service}/${example}`)),
      );
      for (const key of found.keys()) if (!examples.has(key)) found.delete(key);
    },

    /** Labels that came on these days find the rows that are there. */
    retry(service: string, from: string, to: string): void {
      for (const known of labels) {
        const day = dayOf(known.at);
        if (known.service !== service || expiredLabels.has(known) || day < from || day > to)
          continue;
        for (const n of [...present].filter((one) => of(one).service === service)) {
          const example =
            exampleOf(known) ?? (isMeant(known, n) ? `${id(n)}-${known.label.row_index}` : null);
          if (example !== null && examplesOf(n).includes(example)) find(known, example);
        }
      }
    },

    erase(service: string, what: Erasure): void {
      const ids = new Set<string | null>('request_ids' in what ? what.request_ids : []);
      const clients = new Set('client_request_ids' in what ? what.client_request_ids : []);
      const theirs = [...present].filter((n) => of(n).service === service);
      if ('column' in what) {
        for (const n of theirs) {
          if (!rowsOfHappened(pool, n)?.some(({ ph }) => ph === what.value)) continue;
          for (const one of [id(n), primaryOf(pool, n)]) if (one !== null) ids.add(one);
        }
      }
      const meant = theirs.filter((n) => {
        return ids.has(id(n)) || ids.has(primaryOf(pool, n)) || clients.has(of(n).client ?? '');
      });
      for (const n of meant) {
        present.delete(n);
        ids.add(id(n));
        clients.add(of(n).client ?? '');
      }
      for (const known of labels) {
        const { example_id, request_id, client_request_id } = known.label;
        const isTheirs =
          ids.has(request_id ?? example_id?.slice(0, 36) ?? '') ||
          (client_request_id !== null && clients.has(client_request_id));
        if (known.service === service && isTheirs) labels.delete(known);
      }
      for (const key of found.keys()) {
        const [labelled, example = ''] = key.split('/');
        if (labelled === service && ids.has(example.slice(0, 36))) found.delete(key);
      }
    },

    retain(service: string, { requests_days, labels_days }: Retention, now: string): void {
      const first = (days: number | null): string =>
        days === null ? '' : new Date(Date.parse(now) - days * DAY_MS).toISOString();
      const isOld = (time: string, days: number | null): boolean =>
        dayOf(time) < dayOf(first(days));
      for (const n of present) {
        if (of(n).service !== service || !isOld(of(n).time, requests_days)) continue;
        present.delete(n);
        expired.add(n);
      }
      for (const known of labels) {
        if (known.service === service && isOld(known.at, labels_days)) expiredLabels.add(known);
      }
    },

    /** Of each table, a text for each row, in order. */
    tables(): Readonly<Record<string, readonly string[]>> {
      const tables: Record<string, string[]> = Object.fromEntries(
        Object.keys(READ).map((table) => [table, []]),
      );
      const put = (table: string, row: readonly unknown[]): void => {
        tables[table]?.push(JSON.stringify(row));
      };
      for (const n of present) {
        const { service, status, version, client, time } = of(n);
        const date = dayOf(time);
        put('requests', [id(n), date, service, status, client, primaryOf(pool, n)]);
        if (status !== 200) continue;
        const table = service.replace('-', '_');
        const rows = rowsOfHappened(pool, n);
        if (!rows) put(`${table}_errors`, [id(n), date]);
        for (const [row, { ph, a1, a2, b }] of (rows ?? []).entries()) {
          const example = `${id(n)}-${row}`;
          const known = found.get(`${service}/${example}`) ?? [];
          const told = [undefined, 'click'].flatMap((name) => {
            const winner = known.filter(({ label }) => label.name === name).toSorted(later)[0];
            return winner ? [winner.label.label, labelledAt(winner)] : [null, null];
          });
          put(table, [example, date, row, version, ph, a1, a2, b, n, client, ...told]);
        }
      }
      for (const known of labels) {
        if (expiredLabels.has(known)) continue;
        const { example_id, request_id, client_request_id, row_index, label } = known.label;
        const { name = 'label' } = known.label;
        const address = [example_id, request_id, client_request_id, row_index, name];
        const times = [labelledAt(known), Date.parse(known.at), dayOf(known.at)];
        put('labels', [known.service, ...address, JSON.stringify(label), ...times]);
      }
      for (const rows of Object.values(tables)) rows.sort();
      return tables;
    },
  };
};

const labelledAt = ({ label, at }: Known): number => Date.parse(label.labelled_at ?? at);

const later = (one: Known, other: Known): number =>
  labelledAt(other) - labelledAt(one) ||
  Date.parse(other.at) - Date.parse(one.at) ||
  other.position - one.position;

const ERRORS = 'request_id, request_date::VARCHAR';
const ROWS =
  'example_id, request_date::VARCHAR, row_index, model_version::INTEGER, ph, a::INTEGER, a_2, b, ' +
  'prediction, client_request_id, label, epoch_ms(labelled_at)::DOUBLE, ' +
  'click, epoch_ms(click_labelled_at)::DOUBLE';

/** The tables, with the columns that stand in the model's rows. */
export const READ: Readonly<Record<string, string>> = {
  requests:
    'request_id, request_date::VARCHAR, service, status_code, client_request_id, primary_request_id',
  labels:
    'service, example_id, request_id, client_request_id, row_index, name, label, ' +
    'epoch_ms(labelled_at)::DOUBLE, epoch_ms(received_at)::DOUBLE, received_date::VARCHAR',
  wine: ROWS,
  red_wine: ROWS,
  wine_errors: ERRORS,
  red_wine_errors: ERRORS,
  unknown_errors: ERRORS,
};
