import { idOf, lineOf, type Taught } from './tables-fixture';

/** What happened to one request, in small numbers. */
export interface Happened {
  readonly service: 'wine' | 'red-wine' | 'unknown';
  readonly version: 1 | 2 | 9;
  readonly status: 200 | 400;
  readonly day: 0 | 1 | 2;
  /** Rows of the request, of the answer, and how many of the first lack a cell. */
  readonly rows: number;
  readonly answers: number;
  readonly ragged: boolean;
  /** The body stands in the line as text. */
  readonly asText: boolean;
}

const TIMES = [
  '2026-11-19T23:59:59.999Z',
  '2026-11-20T00:00:00.000Z',
  '2026-11-22T10:00:00.000Z',
] as const;

/** The models of the services: the second version has one more feature and another type. */
export const TAUGHT: readonly Taught[] = [
  { model: 'wine', version: 1, inputs: { pH: 'double', a: 'long' } },
  { model: 'wine', version: 2, inputs: { a: 'string', b: 'double', pH: 'double' } },
];

const columnsOf = ({ version }: Happened): readonly string[] =>
  version === 2 ? ['b', 'pH', 'a'] : ['a', 'pH'];

const cellOf = (
  n: number,
  row: number,
  column: string,
  version: number,
): number | string | null => {
  if (column === 'pH') return row === 1 ? null : n + row / 2;
  if (column === 'a') return version === 2 ? `a${n}` : n;
  return row;
};

/** The line of the `n`th request. */
export const lineOfHappened = (happened: Happened, n: number) => {
  const { service, version, status, day, rows, answers, ragged, asText } = happened;
  const columns = columnsOf(happened);
  const data = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => cellOf(n, row, column, version)).slice(ragged && row === 0 ? 1 : 0),
  );
  const body = { dataframe_split: { columns, data } };
  return lineOf(TIMES[day], n, {
    service,
    model_version: version,
    status_code: status,
    row_count: rows,
    request: asText ? JSON.stringify(body, null, 1) : body,
    response: status === 200 ? { predictions: Array(answers).fill(n) } : { status },
  });
};

/**
 * What the tables hold when these requests have been captured, a text for each row, in order: so
 * plain that it cannot be wrong. Later kinds of input (labels) are further arguments.
 */
export const tablesOf = (
  requests: ReadonlyMap<number, Happened>,
): Readonly<Record<string, readonly string[]>> => {
  const tables: Record<string, string[]> = { requests: [] };
  const put = (table: string, row: readonly unknown[]): void => {
    tables[table] = [...(tables[table] ?? []), JSON.stringify(row)];
  };
  for (const [n, happened] of requests) {
    const { service, version, status, day, rows, answers, ragged } = happened;
    const id = idOf(TIMES[day], n);
    const date = TIMES[day].slice(0, 10);
    put('requests', [id, date, service, status]);
    if (status !== 200) continue;
    const table = service.replace('-', '_');
    const isSound =
      service !== 'unknown' && version !== 9 && rows > 0 && rows === answers && !ragged;
    if (!isSound) put(`${table}_errors`, [id, date]);
    else {
      for (let row = 0; row < rows; row += 1) {
        const [pH, a] = ['pH', 'a'].map((column) => cellOf(n, row, column, version));
        const b = version === 2 ? row : null;
        const [a1, a2] = version === 2 ? [null, a] : [a, null];
        put(table, [`${id}-${row}`, date, row, version, pH, a1, a2, b, n]);
      }
    }
  }
  for (const rows of Object.values(tables)) rows.sort();
  return tables;
};

/** The columns that stand in the model's rows. */
export const READ: Readonly<Record<'requests' | 'errors' | 'rows', string>> = {
  requests: 'request_id, request_date::VARCHAR, service, status_code',
  errors: 'request_id, request_date::VARCHAR',
  rows: 'example_id, request_date::VARCHAR, row_index, model_version::INTEGER, ph, a::INTEGER, a_2, b, prediction',
};
