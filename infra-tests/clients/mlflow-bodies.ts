import type { DeviationName } from './mlflow-deviations';

/** A request as clients of MLflow send it, and how the two servers answer. */
export interface RecordedBody {
  readonly name: string;
  readonly model: 'people' | 'visits' | 'tensor';
  readonly body: string;
  /** Content-Type; null for none. */
  readonly type: string | null;
  /** MLflow's status and ours: one for both means that the answers are equal too. */
  readonly statuses: readonly [mlflow: number, tidegate: number];
  readonly deviation: DeviationName | null;
}

const JSON_TYPE = 'application/json';
const CSV = 'text/csv';

const ann = { city: 'Bern', age: 40, height: 1.7, weight: 70.5, member: true };
const bob = { city: 'Wien', age: 25, height: 1.82, weight: 81, member: false };
const columns = Object.keys(ann);
const cells = Object.values(ann);
const lists = Object.fromEntries(Object.entries(ann).map(([name, cell]) => [name, [cell]]));
const visit = { ...ann, since: '2026-01-01T00:00:00' };
const without = (name: string, person: object = ann) =>
  Object.fromEntries(Object.entries(person).filter(([member]) => member !== name));
const records = (...rows: object[]) => ({ dataframe_records: rows });
const split = (names: readonly unknown[], ...data: readonly (readonly unknown[])[]) => ({
  dataframe_split: { columns: names, data },
});
const csv = (...lines: readonly string[]) => `${lines.join('\n')}\n`;
const header = columns.join();
const line = cells.join();
/** JSON text that JSON.stringify cannot write: `'#'` becomes the literal. */
const literal = (value: object, text: string) => JSON.stringify(value).replace('"#"', text);
const matrix = [
  [1, 2, 3],
  [4, 5, 6],
];

type Sent = object | string;
type Row = readonly [name: string, body: Sent, type?: string | null];

const recorded =
  (model: RecordedBody['model'], statuses: RecordedBody['statuses'], deviation?: DeviationName) =>
  ([name, body, type = JSON_TYPE]: Row): RecordedBody => ({
    name,
    model,
    body: typeof body === 'string' ? body : JSON.stringify(body),
    type,
    statuses,
    deviation: deviation ?? null,
  });

const equal = (model: RecordedBody['model'], status: number, ...rows: readonly Row[]) =>
  rows.map(recorded(model, [status, status]));

const differs = (
  deviation: DeviationName,
  model: RecordedBody['model'],
  statuses: RecordedBody['statuses'],
  ...rows: readonly Row[]
) => rows.map(recorded(model, statuses, deviation));

/** What MLflow's clients send and its documentation shows, and what goes wrong in practice. */
export const recordedBodies: readonly RecordedBody[] = [
  ...equal(
    'people',
    200,
    ['a split frame', split(columns, cells, Object.values(bob))],
    ['a split frame with its index', { dataframe_split: { index: [7], columns, data: [cells] } }],
    ['records', records(ann, bob)],
    ['instances', { instances: [ann, bob] }],
    ['inputs by column', { inputs: lists }],
    ['inputs as records', { inputs: [ann, bob] }],
    ['columns in another order', split(columns.toReversed(), cells.toReversed())],
    ['a column nobody asked for', records({ ...ann, shoes: 43 })],
    ['params', { ...records(ann), params: { temperature: 1 } }],
    ['other members', { ...records(ann), client_request_id: 'mine', tags: [] }],
    ['a member given twice', `{"dataframe_records": [], ${JSON.stringify(records(ann)).slice(1)}`],
    ['a byte order mark', `\ufeff${JSON.stringify(records(ann))}`],
    ['null for a number', records({ ...ann, height: null })],
    ['null in a column that is not required', records({ ...ann, weight: null })],
    ['a whole number for a fraction', records({ ...ann, height: 2 })],
    ['40.0 for a whole number', literal(records({ ...ann, age: '#' }), '40.0')],
    ['a category never seen', records(bob)],
    ['a charset', records(ann), 'application/json; charset=UTF-8'],
    ['CSV', csv(header, line), CSV],
    ['CSV as pandas writes truth', csv(header, 'Bern,40,1.7,70.5,True'), CSV],
    ['CSV with an empty cell', csv(header, 'Bern,40,1.7,,true'), CSV],
    ['CSV with quotes', csv(header, '"Bern",40,1.7,70.5,true'), CSV],
    ['CSV with CRLF', csv(header, line).replaceAll('\n', '\r\n'), CSV],
    ['CSV with the index of a frame', csv(`,${header}`, `0,${line}`), CSV],
    ['CSV with a charset', csv(header, line), 'text/csv; charset=utf-8'],
  ),
  ...equal(
    'people',
    400,
    ['text that is no number', records({ ...ann, height: 'tall' })],
    ['null for a whole number', records({ ...ann, age: null })],
    ['a list in a cell', records({ ...ann, height: [1.7] })],
    ['a number beyond doubles', literal(records({ ...ann, height: '#' }), '1e400')],
    ['a required column missing', records(without('height'))],
    ['a column in capitals', records({ ...without('city'), City: 'Bern' })],
    ['a column given twice', split([...columns, 'age'], [...cells, 41])],
    ['a row with a cell too many', split(columns, [...cells, 1])],
    ['columns of different lengths', { inputs: { ...lists, age: [1, 2] } }],
    ['no rows', split(columns)],
    ['no records', records()],
    ['no columns', { inputs: {} }],
    ['plain arrays', { instances: [cells] }],
    ['a frame without columns', { dataframe_split: { data: [cells] } }],
    ['records that are one object', { dataframe_records: ann }],
    ['a frame as text', { dataframe_split: JSON.stringify({ columns, data: [cells] }) }],
    ['two shapes', { ...records(ann), instances: [ann] }],
    ['none of the shapes', { columns, data: [cells] }],
    ['a list', [ann]],
    ['no JSON', '{"dataframe_records": ['],
    ['a trailing comma', '{"dataframe_records": [{"city": "Bern"},]}'],
    ['no body', ''],
    ['CSV with a header only', csv(header), CSV],
    ['CSV without anything', '', CSV],
    ['CSV with an open quote', csv(header, '"Bern,40'), CSV],
    ['CSV with spaces in its header', csv(columns.join(', '), cells.join(', ')), CSV],
  ),
  ...equal(
    'people',
    415,
    ['XML', '<rows/>', 'application/xml'],
    ['another charset', csv(header, line), 'text/csv; charset=latin-1'],
    ['MLflow 1 content types', records(ann), 'application/json; format=pandas-split'],
  ),
  ...differs(
    'nan-literals',
    'people',
    [200, 400],
    ['NaN', literal(records({ ...ann, height: '#' }), 'NaN')],
  ),
  ...differs(
    'text-for-number',
    'people',
    [200, 400],
    ['text for a number', records({ ...ann, height: '1.7' })],
    ['text for a whole number', records({ ...ann, age: '40' })],
  ),
  ...differs(
    'truth-for-number',
    'people',
    [200, 400],
    ['truth for a number', records({ ...ann, height: true })],
    ['truth for a whole number', records({ ...ann, age: true })],
  ),
  ...differs(
    'fraction-for-whole',
    'people',
    [200, 400],
    ['a fraction for a whole number', records({ ...ann, age: 40.5 })],
  ),
  ...differs(
    'large-whole-numbers',
    'people',
    [200, 400],
    ['a whole number beyond 2^53', literal(records({ ...ann, age: '#' }), '9007199254740993')],
  ),
  ...differs(
    'number-for-text',
    'people',
    [200, 400],
    ['a number for text', records({ ...ann, city: 5 })],
  ),
  ...differs('null-text', 'people', [200, 400], ['null for text', records({ ...ann, city: null })]),
  ...differs(
    'other-for-truth',
    'people',
    [200, 400],
    ['a number for truth', records({ ...ann, member: 1 })],
    ['text for truth', records({ ...ann, member: 'true' })],
    ['null for truth', records({ ...ann, member: null })],
  ),
  ...differs(
    'short-rows',
    'people',
    [200, 400],
    [
      'a row with a cell too few',
      split(
        ['city', 'age', 'height', 'member', 'weight'],
        ['Linz', 25, 1.8, false, 81],
        ['Bern', 40, 1.7, true],
      ),
    ],
  ),
  ...differs(
    'short-csv-rows',
    'people',
    [200, 400],
    [
      'a CSV row with a cell too few',
      csv('city,age,height,member,weight', 'Bern,40,1.7,true'),
      CSV,
    ],
  ),
  ...differs(
    'members-missing',
    'people',
    [200, 400],
    ['a member missing in one record', records(ann, without('height', bob))],
  ),
  ...differs(
    'optional-columns',
    'people',
    [400, 200],
    ['a column absent that is not required', records(without('weight'))],
  ),
  ...differs(
    'optional-columns',
    'visits',
    [400, 200],
    ["the same, to a model in MLflow's process", records(without('weight', visit))],
  ),
  ...differs(
    'repeated-csv-columns',
    'people',
    [200, 400],
    ['a CSV column given twice', csv(`${header},age`, `${line},41`), CSV],
  ),
  ...differs(
    'single-values-in-inputs',
    'people',
    [200, 400],
    ['single values in inputs', { inputs: ann }],
  ),
  ...differs(
    'params-of-another-type',
    'people',
    [200, 400],
    ['params that are a list', { ...records(ann), params: [1] }],
  ),
  ...differs(
    'words-for-missing-in-csv',
    'people',
    [200, 400],
    ['NaN in CSV', csv(header, 'Bern,40,1.7,NaN,true'), CSV],
  ),
  ...differs(
    'too-many-rows',
    'people',
    [200, 400],
    ['513 rows', { instances: Array(513).fill(ann) }],
  ),
  ...differs(
    'too-large',
    'people',
    [200, 413],
    ['more than 4 MB', { ...records(ann), comment: 'x'.repeat(4_000_000) }],
  ),
  ...differs(
    'too-deep',
    'people',
    [200, 400],
    ['33 levels', { ...records(ann), comment: JSON.parse(`${'['.repeat(33)}${']'.repeat(33)}`) }],
  ),
  ...differs('no-content-type', 'people', [500, 200], ['no content type', records(ann), null]),
  ...equal(
    'visits',
    200,
    ['a time without a zone', records(visit)],
    ['a split frame of times', split(Object.keys(visit), Object.values(visit))],
    ['a date', records({ ...visit, since: '2026-01-01' })],
    ['a time with a space', records({ ...visit, since: '2026-01-01 10:00:00' })],
    [
      'a time with a zone in instances',
      { instances: [{ ...visit, since: '2026-01-01T00:00:00Z' }] },
    ],
    ['a missing number beside a time', records({ ...visit, height: null, weight: null })],
  ),
  ...equal(
    'visits',
    400,
    ['no time at all', records({ ...visit, since: 'yesterday' })],
    ['a day that is not', records({ ...visit, since: '2026-02-30T00:00:00' })],
    ['a required time missing', records(ann)],
  ),
  ...differs(
    'times-with-a-zone',
    'visits',
    [400, 200],
    ['a time in UTC', records({ ...visit, since: '2026-01-01T00:00:00Z' })],
    ['a time elsewhere', records({ ...visit, since: '2026-01-01T00:00:00+02:00' })],
  ),
  ...differs(
    'other-times',
    'visits',
    [200, 400],
    ['an American date', records({ ...visit, since: '01/02/2026' })],
    ['milliseconds', records({ ...visit, since: 1_767_225_600_000 })],
  ),
  ...differs(
    'null-times',
    'visits',
    [200, 400],
    ['null for a time', records({ ...visit, since: null })],
  ),
  ...differs(
    'times-in-csv',
    'visits',
    [400, 200],
    ['CSV with times', csv(Object.keys(visit).join(), Object.values(visit).join()), CSV],
  ),
  ...equal(
    'tensor',
    200,
    ['a matrix in inputs', { inputs: matrix }],
    ['a matrix in instances', { instances: matrix }],
  ),
  ...equal(
    'tensor',
    400,
    ['a row as inputs', { inputs: [1, 2, 3] }],
    ['rows too short', { inputs: [[1, 2]] }],
    ['rows of different lengths', { inputs: [[1, 2, 3], [1]] }],
    ['a third dimension', { inputs: [matrix] }],
    ['no rows in inputs', { inputs: [] }],
    ['a matrix under its name', { inputs: { x: matrix } }],
    ['CSV for a matrix', 'a,b,c\n1,2,3\n', CSV],
  ),
  ...differs(
    'text-for-number',
    'tensor',
    [200, 400],
    ['a matrix of text', { inputs: [['1', '2', '3']] }],
  ),
  ...differs(
    'truth-for-number',
    'tensor',
    [200, 400],
    ['a matrix with truth', { inputs: [[true, 2, 3]] }],
  ),
  ...differs(
    'names-of-a-nameless-matrix',
    'tensor',
    [200, 400],
    ['a frame for a matrix', split(['a', 'b', 'c'], ...matrix)],
    ['a frame with numbers for names', split([0, 1, 2], ...matrix)],
    ['records for a matrix', records({ a: 1, b: 2, c: 3 })],
  ),
  ...differs(
    'large-for-float',
    'tensor',
    [200, 400],
    ['a number beyond floats', { inputs: [[1e39, 1, 2]] }],
  ),
  ...differs(
    'answers-without-a-number',
    'tensor',
    [200, 200],
    ['null in a matrix', { inputs: [[null, 2, 3]] }],
  ),
];
