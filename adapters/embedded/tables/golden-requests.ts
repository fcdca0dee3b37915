import { END, REQUEST, RESPONSE } from '../capture-log/record-line';
import type { GoldenCase } from './golden-case';
import { asked, idOf, lineOf } from './tables-fixture';

const T = '2026-11-20T10:00:00.000Z';
const WINE = { model: 'wine', version: 1, inputs: { pH: 'double', alcohol: 'double' } } as const;
const one = (pH: number) => asked(['pH', 'alcohol'], [[pH, 9]], [5]);
const textOf = (value: unknown): string => JSON.stringify(value, null, 2);
const HUGE = 'x'.repeat(3_900_000);
const HALF = HUGE.slice(HUGE.length / 2);
const MANY = 10_000;

/** A line whose request and predictions are spelt like this. */
const spelt = (n: number, request: string, predictions: string): string => {
  const line = JSON.stringify(lineOf(T, n, { row_count: 2 })).slice(0, -1);
  return `${line}${REQUEST}${request}${RESPONSE}{"predictions":${predictions}}${END}`;
};

/** Of a request that never reached a version. */
const NEVER_SERVED = {
  model_name: null,
  model_version: null,
  service_version: null,
  response: null,
};

/** What becomes of requests, however they come. */
export const REQUESTS_AS_THEY_COME: readonly GoldenCase[] = [
  {
    name: 'requests that were answered but are no rows',
    services: { wine: [WINE] },
    log: [
      [
        lineOf(T, 1, asked(['pH', 'alcohol'], [[1, 2], [3]], [5, 6])),
        lineOf(T, 2, asked(['pH', 'alcohol'], [[1, 2, 3]], [5])),
        lineOf(T, 3, asked(['pH', 'alcohol'], [5 as never], [5])),
        lineOf(T, 4, asked(['pH', 'alcohol'], [[1, 2]], [5, 6])),
        lineOf(
          T,
          5,
          asked(
            ['pH', 'alcohol'],
            [
              [1, 2],
              [3, 4],
            ],
            [5],
          ),
        ),
        lineOf(T, 6, { ...one(1), row_count: 2 }),
        lineOf(T, 7, { ...one(1), request: null }),
        lineOf(T, 8, { ...one(1), request: '{"dataframe_split": ' }),
        lineOf(T, 9, { ...one(1), request: { instances: [{ pH: 1, alcohol: 2 }] } }),
        lineOf(T, 10, { ...one(1), response: null }),
        lineOf(T, 11, { ...one(1), response: { predictions: 5 } }),
        lineOf(T, 12, { ...one(1), response: 'no JSON' }),
        lineOf(T, 13, asked(['pH', 'alcohol'], [], [])),
        lineOf(T, 14, one(7)),
      ],
    ],
    asked: [
      { sql: 'SELECT ph FROM inference.wine', rows: ['7'] },
      {
        sql: 'SELECT reason FROM inference.wine_errors ORDER BY request_id',
        rows: [
          'a row has another number of cells than there are columns',
          'a row has another number of cells than there are columns',
          'a row has another number of cells than there are columns',
          '1 rows, 2 predictions',
          '2 rows, 1 predictions',
          '1 rows, 2 counted when they were answered',
          'the request is not a table',
          'the request is not a table',
          'the request is not a table',
          'the answer has no predictions',
          'the answer has no predictions',
          'the answer has no predictions',
          'no rows',
        ],
      },
      {
        sql: `SELECT request, response FROM inference.wine_errors WHERE request_id = '${idOf(T, 9)}'`,
        rows: [
          `${JSON.stringify('{"instances":[{"pH":1,"alcohol":2}]}')} | ${JSON.stringify('{"predictions":[5]}')}`,
        ],
      },
    ],
  },
  {
    name: 'requests that were refused or failed',
    services: { wine: [WINE] },
    log: [
      [
        lineOf(T, 1, {
          status_code: 400,
          error_type: 'malformed-body',
          request: '"{\n',
          ...NEVER_SERVED,
        }),
        lineOf(T, 2, {
          status_code: 400,
          error_type: 'invalid-input',
          request: 'null',
          ...NEVER_SERVED,
        }),
        lineOf(T, 3, { status_code: 409, error_type: 'not-running', request: '', ...NEVER_SERVED }),
        lineOf(T, 4, { status_code: 415, error_type: 'unsupported-media-type', request: null }),
        lineOf(T, 5, {
          ...one(1),
          status_code: 502,
          error_type: 'model-error',
          response: { status: 502 },
        }),
        lineOf(T, 6, {
          ...one(1),
          status_code: 504,
          error_type: 'model-timeout',
          response: 'late\n',
        }),
        lineOf(T, 7, {
          status_code: 500,
          error_type: 'internal',
          service: 'gone',
          ...NEVER_SERVED,
        }),
      ],
    ],
    asked: [
      { sql: 'SELECT count(*) FROM inference.wine', rows: ['0'] },
      { sql: 'SELECT count(*) FROM inference.wine_errors', rows: ['0'] },
      {
        sql: 'SELECT service, status_code, error_type, model_name, request, response FROM inference.requests ORDER BY request_id',
        rows: [
          'wine | 400 | malformed-body | null | "\\"{\\n" | null',
          'wine | 400 | invalid-input | null | "null" | null',
          'wine | 409 | not-running | null | "" | null',
          'wine | 415 | unsupported-media-type | wine | null | null',
          'wine | 502 | model-error | wine | "{\\"dataframe_split\\":{\\"columns\\":[\\"pH\\",\\"alcohol\\"],\\"data\\":[[1,9]]}}" | "{\\"status\\":502}"',
          'wine | 504 | model-timeout | wine | "{\\"dataframe_split\\":{\\"columns\\":[\\"pH\\",\\"alcohol\\"],\\"data\\":[[1,9]]}}" | "late\\n"',
          'gone | 500 | internal | null | null | null',
        ],
      },
    ],
  },
  {
    name: 'the same requests three times, in another order, over several builds',
    services: { wine: [WINE] },
    mostRows: 2,
    log: [
      [lineOf(T, 1, one(1)), lineOf(T, 2, one(2)), lineOf(T, 1, one(1))],
      [lineOf(T, 3, one(3)), lineOf(T, 2, one(2)), lineOf(T, 1, one(1))],
      [lineOf(T, 2, one(2)), lineOf(T, 0, one(0)), lineOf(T, 3, one(3))],
      [lineOf(T, 3, one(3))],
    ],
    asked: [
      {
        sql: 'SELECT request_id, row_index, ph FROM inference.wine ORDER BY example_id',
        rows: [0, 1, 2, 3].map((n) => `${idOf(T, n)} | 0 | ${n}`),
      },
      {
        sql: 'SELECT count(*), count(DISTINCT request_id) FROM inference.requests',
        rows: ['4 | 4'],
      },
    ],
  },
  {
    name: 'days: midnight, one without requests, a clock that went back',
    services: { wine: [WINE] },
    log: [
      [
        lineOf('2026-11-20T23:59:59.999Z', 1, one(1)),
        lineOf('2026-11-21T00:00:00.000Z', 2, one(2)),
        lineOf('2026-11-23T12:00:00.000Z', 3, one(3)),
      ],
      [
        lineOf('2026-11-20T00:00:00.000Z', 4, one(4)),
        lineOf('1970-01-01T00:00:00.000Z', 5, one(5)),
        lineOf('2026-02-28T23:59:59.999Z', 6, one(6)),
      ],
    ],
    asked: [
      {
        sql: 'SELECT request_date, request_time, ph FROM inference.wine ORDER BY request_time',
        rows: [
          '1970-01-01 | 1970-01-01T00:00:00.000Z | 5',
          '2026-02-28 | 2026-02-28T23:59:59.999Z | 6',
          '2026-11-20 | 2026-11-20T00:00:00.000Z | 4',
          '2026-11-20 | 2026-11-20T23:59:59.999Z | 1',
          '2026-11-21 | 2026-11-21T00:00:00.000Z | 2',
          '2026-11-23 | 2026-11-23T12:00:00.000Z | 3',
        ],
      },
      {
        sql: "SELECT count(*) FROM inference.requests WHERE request_date = DATE '2026-11-22'",
        rows: ['0'],
      },
      {
        sql: "SELECT count(*) FROM inference.wine WHERE request_date = DATE '2026-11-20'",
        rows: ['2'],
      },
    ],
  },
  {
    name: 'lines that are no records, between lines that are',
    services: { wine: [WINE] },
    log: [
      [
        '{"request_id":"0198',
        lineOf(T, 1, one(1)),
        'no JSON at all',
        '',
        '[1,2]',
        '5',
        'null',
        '{}',
        '\u0000\u0000\u0000',
        { ...lineOf(T, 8, one(8)), request_id: null },
        { ...lineOf(T, 9, one(9)), request_date: 'yesterday' },
        { ...lineOf(T, 10, one(10)), service: null },
        { request_id: idOf(T, 11) },
        `${JSON.stringify(lineOf(T, 12, one(12))).slice(0, -1)},"more":{"request_id":1}}`,
        `${JSON.stringify(lineOf(T, 13, one(13)))}}`,
        lineOf(T, 2, one(2)),
      ],
      ['}', '{'],
    ],
    asked: [
      { sql: 'SELECT ph FROM inference.wine ORDER BY ph', rows: ['1', '2', '12'] },
      { sql: 'SELECT count(*) FROM inference.requests', rows: ['3'] },
      { sql: 'SELECT count(*) FROM inference.wine_errors', rows: ['0'] },
    ],
  },
  {
    name: 'a line whose bodies are not its last members',
    services: { wine: [WINE] },
    log: [[`${JSON.stringify(lineOf(T, 1, one(1))).slice(0, -1)},"more":{"request_id":1}}`]],
    asked: [{ sql: 'SELECT ph, prediction FROM inference.wine', rows: ['1 | 5'] }],
  },
  {
    name: 'model versions whose columns nobody knows',
    services: { wine: [WINE], bare: [] },
    log: [
      [
        lineOf(T, 1, { ...one(1), model_version: 7 }),
        lineOf(T, 2, { ...one(1), model_name: "o'ther" }),
        lineOf(T, 3, { ...one(1), model_name: null, model_version: null }),
        lineOf(T, 4, one(4)),
        lineOf(T, 5, { ...one(5), service: 'bare' }),
      ],
    ],
    asked: [
      { sql: 'SELECT ph FROM inference.wine', rows: ['4'] },
      {
        sql: 'SELECT request_id, reason FROM inference.wine_errors ORDER BY request_id',
        rows: [1, 2, 3].map(
          (n) => `${idOf(T, n)} | the columns of the model version are not known`,
        ),
      },
      { sql: 'SELECT count(*) FROM inference.bare_errors', rows: ['1'] },
      { sql: 'SELECT count(*) FROM inference.bare', rows: ['0'] },
    ],
  },
  {
    name: 'services with a hyphen, and every role',
    services: { 'red-wine': [WINE], wine: [WINE], red: [WINE] },
    log: [
      [
        lineOf(T, 1, { ...one(1), service: 'red-wine' }),
        ...['shadow', 'compare', 'replay'].map((role, i) =>
          lineOf(T, i + 2, {
            ...one(i + 2),
            service: 'red-wine',
            role,
            service_version: `v${i + 2}`,
            primary_request_id: idOf(T, 1),
            client_request_id: 'mine "1"',
            sampling_fraction: 0.25,
            requester: 'anonymous',
          }),
        ),
        lineOf(T, 5, one(5)),
      ],
    ],
    asked: [
      {
        sql: 'SELECT role, primary_request_id, service_version, client_request_id, sampling_fraction, requester, execution_duration_ms, ph FROM inference.red_wine ORDER BY request_id',
        rows: [
          'primary | null | v1 | null | 1 | key-1 | 1.5 | 1',
          ...['shadow', 'compare', 'replay'].map(
            (role, i) =>
              `${role} | ${idOf(T, 1)} | v${i + 2} | "mine \\"1\\"" | 0.25 | anonymous | 1.5 | ${i + 2}`,
          ),
        ],
      },
      { sql: 'SELECT ph FROM inference.wine', rows: ['5'] },
      { sql: 'SELECT count(*) FROM inference.red', rows: ['0'] },
      {
        sql: 'SELECT service, role FROM inference.requests ORDER BY request_id',
        rows: [
          'red-wine | primary',
          'red-wine | shadow',
          'red-wine | compare',
          'red-wine | replay',
          'wine | primary',
        ],
      },
    ],
  },
  {
    name: 'bodies that stand in the line as text',
    services: { wine: [WINE] },
    log: [
      [
        lineOf(T, 1, {
          ...one(1),
          request: textOf({
            dataframe_split: { columns: ['alcohol', 'pH'], data: [[2, 1]] },
            client_request_id: "it's",
          }),
          response: textOf({ predictions: [6] }),
        }),
        lineOf(T, 2, {
          ...one(1),
          request: '\r\n {"dataframe_split":{"columns":["pH"],"data":[[2]]}}\r',
        }),
      ],
    ],
    asked: [
      {
        sql: 'SELECT ph, alcohol, prediction FROM inference.wine ORDER BY request_id',
        rows: ['1 | 2 | 6', '2 | null | 5'],
      },
      { sql: 'SELECT count(*) FROM inference.wine_errors', rows: ['0'] },
    ],
  },
  {
    name: 'bodies with numbers and texts in many spellings',
    services: { wine: [WINE] },
    log: [
      [
        spelt(1, '{"dataframe_split": {"columns":["p\\u0048"], "data":[[9.40],[1E2 ]]} }', '[5,6]'),
        spelt(2, '{"dataframe_split":{"columns":["pH"],"data":[[1e-7],[3]]},"é\\/":"😀"}', '[5,6]'),
        spelt(
          3,
          '{"dataframe_split":{"columns":["pH"],"data":[[1],[12345678901234567891]]}}',
          '[5,6]',
        ),
        // Its own members are not the record's.
        spelt(
          4,
          '{"a":1,"request":{"b":2},"response":3,"dataframe_split":{"columns":["pH"],"data":[[4],[5]]}}',
          '[{"c":1,"response":{},"request":2},6]',
        ),
      ],
    ],
    asked: [
      {
        sql: 'SELECT request FROM inference.requests ORDER BY request_id',
        rows: [
          '{"dataframe_split": {"columns":["p\\u0048"], "data":[[9.40],[1E2 ]]} }',
          '{"dataframe_split":{"columns":["pH"],"data":[[1e-7],[3]]},"é\\/":"😀"}',
          '{"dataframe_split":{"columns":["pH"],"data":[[1],[12345678901234567891]]}}',
          '{"a":1,"request":{"b":2},"response":3,"dataframe_split":{"columns":["pH"],"data":[[4],[5]]}}',
        ].map((text) => JSON.stringify(text)),
      },
      {
        sql: 'SELECT ph FROM inference.wine ORDER BY example_id',
        rows: ['9.4', '100', '1e-7', '3', '1', '12345678901234567000', '4', '5'],
      },
      {
        sql: 'SELECT response FROM inference.requests ORDER BY request_id DESC LIMIT 1',
        rows: [JSON.stringify('{"predictions":[{"c":1,"response":{},"request":2},6]}')],
      },
    ],
  },
  {
    name: 'huge bodies, and days that need several parts',
    services: { wine: [WINE] },
    mostRows: 4_000,
    log: [
      [
        ...[1, 2, 3, 4].map((n) =>
          lineOf(T, n, asked(['pH', HALF.slice(n), 'alcohol'], [[n, HALF, n]], [n])),
        ),
        lineOf(T, 5, {
          row_count: 1,
          request: textOf({
            dataframe_split: { columns: ['pH', 'x'], data: [[5, HUGE]] },
          }),
          response: { predictions: [5] },
        }),
        lineOf(T, 6, { status_code: 400, request: HUGE, response: null }),
        lineOf(
          T,
          7,
          asked(
            ['pH', 'alcohol'],
            Array.from({ length: MANY }, (_, i) => [i, -i]),
            Array.from({ length: MANY }, (_, i) => i / 2),
          ),
        ),
      ],
      [lineOf(T, 8, one(8))],
    ],
    asked: [
      {
        sql: 'SELECT request_id, ph, alcohol, prediction FROM inference.wine WHERE ph < 6 AND alcohol IS NULL OR alcohol > 0 ORDER BY request_id',
        rows: [
          ...[1, 2, 3, 4].map((n) => `${idOf(T, n)} | ${n} | ${n} | ${n}`),
          `${idOf(T, 5)} | 5 | null | 5`,
          `${idOf(T, 8)} | 8 | 9 | 5`,
        ],
      },
      {
        sql: 'SELECT count(*), count(DISTINCT example_id), sum(ph), sum(prediction), max(row_index) FROM inference.wine',
        rows: [
          `${MANY + 6} | ${MANY + 6} | ${(MANY * (MANY - 1)) / 2 + 23} | ${(MANY * (MANY - 1)) / 4 + 20} | ${MANY - 1}`,
        ],
      },
      {
        sql: `SELECT length(request) FROM inference.requests WHERE request_id = '${idOf(T, 6)}'`,
        rows: ['3900000'],
      },
    ],
  },
  {
    name: 'tables of thousands of columns, more of them than fit into memory at once',
    services: {
      wine: [WINE],
      texts: [{ ...WINE, inputs: { pH: 'double', alcohol: 'double', note: 'string' } }],
    },
    log: [
      Array.from({ length: 4 }, (_, n) => {
        const wide = asked(
          [...Array.from({ length: 3_750 }, (__, i) => `x${i}`), 'note', 'alcohol', 'pH'],
          Array.from({ length: 512 }, (__, row) => [...Array(3_750).fill(1), 'n', row, n]),
          Array(512).fill(5),
        );
        return lineOf(T, n, { ...wide, service: n % 2 === 0 ? 'wine' : 'texts' });
      }),
    ],
    asked: [
      {
        sql: 'SELECT count(*), count(DISTINCT example_id), sum(ph), sum(alcohol) FROM inference.wine',
        rows: ['1024 | 1024 | 1024 | 261632'],
      },
      {
        sql: "SELECT count(*), count(DISTINCT example_id), sum(ph), sum(alcohol) FROM inference.texts WHERE note = 'n'",
        rows: ['1024 | 1024 | 2048 | 261632'],
      },
    ],
  },
];
