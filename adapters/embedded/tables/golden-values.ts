import type { GoldenCase } from './golden-case';
import { asked, lineOf } from './tables-fixture';

const T = '2026-11-20T10:00:00.000Z';
const WINE = { model: 'wine', version: 1, inputs: { pH: 'double', alcohol: 'double' } } as const;
const ODD = 'it\'s "x"\\ \n😀';

/** What becomes of the values of a row. */
export const VALUES: readonly GoldenCase[] = [
  {
    name: 'values by the names of their columns; what is missing, NaN or not the model’s',
    services: { wine: [WINE] },
    log: [
      [
        lineOf(
          T,
          1,
          asked(
            ['alcohol', 'pH'],
            [
              [9.4, 3.51],
              [9.8, null],
            ],
            [5.5, 6],
          ),
        ),
        lineOf(
          T,
          2,
          asked(
            ['note', 'pH', 'more', 'alcohol'],
            [
              ['7', 3.2, { pH: 1 }, 10],
              [true, -0.0, [[2]], 5e-324],
            ],
            [null, 1e300],
          ),
        ),
        lineOf(T, 3, asked(['alcohol'], [[11]], [7])),
        lineOf(T, 4, asked(['PH', 'ALCOHOL', 'pH '], [[1, 2, 3]], [8])),
        // Digits that JSON allows, and members that look like others.
        lineOf(T, 5, {
          row_count: 1,
          request:
            '{"Dataframe_Split":{"columns":["pH"],"data":[[0]]},"dataframe_split":{"index":[4],"Columns":["x"],"columns":["pH","x","alcohol"],"data":[[1.0E1,1e400,0.30000000000000004]]}}',
          response: { predictions: [9] },
        }),
      ],
    ],
    asked: [
      {
        sql: 'SELECT row_index, ph, alcohol, prediction FROM inference.wine ORDER BY request_id, row_index',
        rows: [
          '0 | 3.51 | 9.4 | 5.5',
          '1 | null | 9.8 | 6',
          '0 | 3.2 | 10 | null',
          '1 | 0 | 5e-324 | 1e+300',
          '0 | null | 11 | 7',
          '0 | null | null | 8',
          '0 | 10 | 0.30000000000000004 | 9',
        ],
      },
    ],
  },
  {
    name: 'names of any kind',
    services: {
      wine: [
        {
          model: 'wine',
          version: 1,
          inputs: {
            pH: 'double',
            ph: 'double',
            PH: 'string',
            label: 'string',
            prediction: 'long',
            request_id: 'string',
            "it's": 'string',
            '"': 'string',
            '\\': 'string',
            '\n': 'string',
            '😀': 'string',
            Größe: 'double',
            [ODD]: 'string',
            'null]': 'boolean',
            '': 'string',
            "'; DROP TABLE wine; --": 'string',
          },
        },
      ],
    },
    log: [
      [
        lineOf(
          T,
          1,
          asked(
            ['Größe', '', ODD, 'null]', '😀', '\n', '\\', '"', "it's", 'request_id'].concat([
              'prediction',
              'label',
              'PH',
              'ph',
              'pH',
              "'; DROP TABLE wine; --",
            ]),
            [
              [1.5, 'empty', 'all', true, 'face', 'line', 'back', 'quote', 'tick', 'mine'].concat([
                7,
                'good',
                'P',
                2.5,
                3.5,
                "'",
              ] as never),
            ],
            [6],
          ),
        ),
      ],
    ],
    asked: [
      {
        sql: 'SELECT ph, ph_2, ph_3, label_2, prediction_2, request_id_2, it_s, gr__e, prediction, label FROM inference.wine',
        rows: ['3.5 | 2.5 | P | good | 7 | mine | tick | 1.5 | 6 | null'],
      },
      {
        sql: 'SELECT _, __2, __3, __4, it_s__x_____, null_, __5, ___drop_table_wine____ FROM inference.wine',
        rows: ['quote | back | line | face | all | true | empty | "\'"'],
      },
    ],
  },
  {
    name: 'texts, truths, whole numbers and times',
    services: {
      wine: [
        {
          model: 'wine',
          version: 1,
          inputs: { s: 'string', b: 'boolean', i: 'integer', l: 'long', f: 'float', t: 'datetime' },
        },
        { model: 'whole', version: 1, inputs: { i: 'integer', l: 'long' } },
      ],
    },
    log: [
      [
        lineOf(
          T,
          1,
          asked(
            ['t', 'f', 'l', 'i', 'b', 's'],
            [
              ['2026-11-20T10:00:00Z', 0.1, 9007199254740991, 2147483647, true, 'null'],
              ['2026-11-20T10:00:00', 7, -9007199254740991, -2147483648, false, '5'],
              ['2026-11-20t23:30:00.5+05:30', null, 7.0, 0, true, ''],
              ['2026-11-20 10:00:00.123999', 1e-7, 0, 1, false, 'né "😀"\n\\ \u0000 end'],
              ['2026-11-20', 1, 1, 1, true, null],
              ['0001-01-01T00:00:00.000z', 1, 1, 1, true, '{"a":1}'],
              ['9999-12-31T23:59:59.999999999Z', 1, 1, 1, true, "'; --"],
              ['1969-12-31T23:59:59.9999Z', 1, 1, 1, true, 'true'],
            ],
            [1, 2, 3, 4, 5, 6, 7, 8],
          ),
        ),
        lineOf(T, 2, {
          model_name: 'whole',
          ...asked(
            ['l', 'i'],
            [
              [9007199254740991, -7],
              [-9007199254740991, 7.0],
            ],
            [1, 2],
          ),
        }),
      ],
    ],
    asked: [
      {
        sql: "SELECT s, b, i, l, f, t FROM inference.wine WHERE model_name = 'wine' ORDER BY row_index",
        rows: [
          '"null" | true | 2147483647 | 9007199254740991 | 0.1 | 2026-11-20T10:00:00.000Z',
          '"5" | false | -2147483648 | -9007199254740991 | 7 | 2026-11-20T10:00:00.000Z',
          '"" | true | 0 | 7 | null | 2026-11-20T18:00:00.500Z',
          `${JSON.stringify('né "😀"\n\\ \u0000 end')} | false | 1 | 0 | 1e-7 | 2026-11-20T10:00:00.123Z`,
          'null | true | 1 | 1 | 1 | 2026-11-20T00:00:00.000Z',
          '"{\\"a\\":1}" | true | 1 | 1 | 1 | 0001-01-01T00:00:00.000Z',
          '"\'; --" | true | 1 | 1 | 1 | 9999-12-31T23:59:59.999Z',
          '"true" | true | 1 | 1 | 1 | 1969-12-31T23:59:59.999Z',
        ],
      },
      {
        sql: "SELECT l, i FROM inference.wine WHERE model_name = 'whole' ORDER BY row_index",
        rows: ['9007199254740991 | -7', '-9007199254740991 | 7'],
      },
    ],
  },
  {
    name: 'model versions with other features, types and answers',
    services: {
      wine: [
        { model: 'wine', version: 1, inputs: { a: 'double', b: 'string', c: 'long' } },
        {
          model: 'wine',
          version: 2,
          inputs: { b: 'long', a: 'integer', d: 'boolean' },
          output: { type: 'string', width: 1, classes: null },
        },
        {
          model: 'other',
          version: 1,
          inputs: { c: 'double' },
          output: { type: 'long', width: 1, classes: null },
        },
      ],
    },
    log: [
      [
        lineOf(T, 1, asked(['a', 'b', 'c'], [[1.5, 'x', 7]], [0.5])),
        lineOf(T, 3, { model_name: 'other', ...asked(['c'], [[0.25]], [9007199254740991]) }),
      ],
      [
        lineOf(T, 2, { model_version: 2, ...asked(['d', 'a', 'b'], [[true, 3, 8]], ['good']) }),
        lineOf(T, 4, asked(['a', 'b', 'c'], [[2.5, 'y', 8]], [1.5])),
      ],
    ],
    asked: [
      {
        sql: 'SELECT model_name, model_version, a, b, b_2, c, c_2, d, prediction, prediction_2 FROM inference.wine ORDER BY request_id',
        rows: [
          'wine | 1 | 1.5 | x | null | 7 | null | null | 0.5 | null',
          'wine | 2 | 3 | null | 8 | null | null | true | null | good',
          'other | 1 | null | null | null | null | 0.25 | null | 9007199254740991 | null',
          'wine | 1 | 2.5 | y | null | 8 | null | null | 1.5 | null',
        ],
      },
    ],
  },
  {
    name: 'answers that are arrays, truths, or classes with probabilities',
    services: {
      wide: [
        {
          model: 'wine',
          version: 1,
          inputs: { a: 'double' },
          output: { type: 'double', width: 3, classes: null },
        },
      ],
      classes: [
        {
          model: 'wine',
          version: 1,
          inputs: { a: 'double' },
          output: { type: 'string', width: 1, classes: ['5', 'né "x"'] },
        },
      ],
      truth: [
        {
          model: 'wine',
          version: 1,
          inputs: { a: 'double' },
          output: { type: 'boolean', width: 1, classes: null },
        },
      ],
    },
    log: [
      [
        lineOf(T, 1, {
          service: 'wide',
          ...asked(
            ['a'],
            [[1], [2]],
            [
              [1.5, null, -1],
              [0, 1e-300, 3],
            ],
          ),
        }),
        lineOf(T, 2, {
          service: 'classes',
          ...asked(['a'], [[1], [2], [3]], ['5', 'né "x"', null], {
            probabilities: [
              { '5': 0.75, 'né "x"': 0.25 },
              { '5': 0.25, 'né "x"': null },
              { '5': null, 'né "x"': null },
            ],
          }),
        }),
        lineOf(T, 3, { service: 'classes', ...asked(['a'], [[4]], ['5']) }),
        lineOf(T, 4, { service: 'truth', ...asked(['a'], [[1], [2], [3]], [true, false, null]) }),
      ],
    ],
    asked: [
      {
        sql: 'SELECT a, prediction, confidence, probabilities FROM inference.wide ORDER BY row_index',
        rows: ['1 | [1.5, null, -1] | null | null', '2 | [0, 1e-300, 3] | null | null'],
      },
      {
        sql: 'SELECT a, prediction, confidence, probabilities FROM inference.classes ORDER BY a',
        rows: [
          '1 | "5" | 0.75 | "{\\"5\\":0.75,\\"né \\\\\\"x\\\\\\"\\":0.25}"',
          '2 | "né \\"x\\"" | 0.25 | "{\\"5\\":0.25,\\"né \\\\\\"x\\\\\\"\\":null}"',
          '3 | null | null | "{\\"5\\":null,\\"né \\\\\\"x\\\\\\"\\":null}"',
          '4 | "5" | null | null',
        ],
      },
      {
        sql: 'SELECT prediction FROM inference.truth ORDER BY row_index',
        rows: ['true', 'false', 'null'],
      },
    ],
  },
  {
    name: 'columns under a capture policy, before and after it changed',
    services: {
      wine: [
        {
          model: 'wine',
          version: 1,
          inputs: { user: 'string', age: 'long', pH: 'double', note: 'string' },
          hashed: ['user', 'age'],
        },
      ],
    },
    log: [
      [
        lineOf(T, 1, asked(['user', 'age', 'pH', 'note'], [['ann', 41, 3.5, 'hashed']], [1])),
        // user and age are hashed, pH is masked, note is dropped.
        lineOf(T, 2, {
          row_count: 2,
          request: {
            dataframe_split: {
              columns: ['user', 'age', 'pH'],
              data: [
                ['c0ffee', '0123e4', null],
                [null, 'beef', null],
              ],
              hashed: ['user', 'age'],
            },
          },
          response: { predictions: [2, 3] },
        }),
        lineOf(T, 3, {
          row_count: 1,
          request: {
            dataframe_split: { columns: ['age', 'user'], data: [[5, 'fade']], hashed: ['user'] },
          },
          response: { predictions: [4] },
        }),
      ],
    ],
    asked: [
      {
        sql: 'SELECT "user", user_hash, age, age_hash, ph, note, prediction FROM inference.wine ORDER BY request_id, row_index',
        rows: [
          'ann | null | 41 | null | 3.5 | hashed | 1',
          'null | c0ffee | null | "0123e4" | null | null | 2',
          'null | null | null | beef | null | null | 3',
          'null | fade | 5 | null | null | null | 4',
        ],
      },
    ],
  },
];
