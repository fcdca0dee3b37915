import { asked, idOf, lineOf, type Taught } from './tables-fixture';

/** What happened to one request, in small numbers. */
export interface Happened {
  readonly service: 'wine' | 'red-wine' | 'unknown';
  readonly version: 1 | 2 | 9;
  readonly status: 200 | 400;
  readonly time: string;
  readonly client: string | null;
  /** It is the shadow of the one before it. */
  readonly isShadow: boolean;
  /** Rows of the request, of the answer, and whether the first of the former lacks a cell. */
  readonly rows: number;
  readonly answers: number;
  readonly ragged: boolean;
  /** The body stands in the line as text. */
  readonly asText: boolean;
}

/** The models of the services: the second version has one more feature and another type; an outcome has a name. */
export const TAUGHT: readonly Taught[] = [
  { model: 'wine', version: 1, inputs: { pH: 'double', a: 'long' } },
  {
    ...{ model: 'wine', version: 2, inputs: { a: 'string', b: 'double', pH: 'double' } },
    outcomes: { click: 'double' },
  },
];

/** The UTC day of a time. */
export const dayOf = (time: string): string => time.slice(0, 10);

/** The id of the `n`th request. */
export const idOfHappened = (pool: readonly Happened[], n: number): string =>
  idOf(pool[n]?.time ?? '', n);

/** The id of the request that the `n`th is a shadow of. */
export const primaryOf = (pool: readonly Happened[], n: number): string | null =>
  n > 0 && pool[n]?.isShadow ? idOfHappened(pool, n - 1) : null;

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
export const lineOfHappened = (pool: readonly Happened[], n: number) => {
  const { service, version, status, time, client, rows, answers, ragged, asText } = pool[
    n
  ] as Happened;
  const columns = version === 2 ? ['b', 'pH', 'a'] : ['a', 'pH'];
  const data = Array.from({ length: rows }, (_, row) =>
    columns.map((column) => cellOf(n, row, column, version)).slice(ragged && row === 0 ? 1 : 0),
  );
  const { request, ...body } = asked(columns, data, Array(answers).fill(n));
  const primary = primaryOf(pool, n);
  return lineOf(time, n, {
    ...body,
    service,
    model_version: version,
    status_code: status,
    client_request_id: client,
    primary_request_id: primary,
    role: primary === null ? 'primary' : 'shadow',
    request: asText ? JSON.stringify(request, null, 1) : request,
    ...(status !== 200 && { response: { status } }),
  });
};

/** The features of the `n`th request's rows; null when it is an error. */
export const rowsOfHappened = (pool: readonly Happened[], n: number) => {
  const { service, version, status, rows, answers, ragged } = pool[n] as Happened;
  const isKnown = service !== 'unknown' && version !== 9 && status === 200;
  if (!isKnown || rows === 0 || rows !== answers || ragged) return null;
  return Array.from({ length: rows }, (_, row) => {
    const [ph, a] = ['pH', 'a'].map((column) => cellOf(n, row, column, version));
    const [a1, a2] = version === 2 ? [null, a] : [a, null];
    return { ph, a1, a2, b: version === 2 ? row : null };
  });
};
