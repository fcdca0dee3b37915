import fc from 'fast-check';
import { isDomainError } from '../../core/shared/domain-error';
import type { OutcomeType } from '../../core/tables/outcomes';
import type { TableType } from '../../core/tables/table-column';
import { readLabels } from './read-labels';

const ID = '01980000-0000-7000-8000-000000000001';
const DOUBLE: readonly TableType[] = ['double'];
const bytes = (body: unknown): Uint8Array =>
  new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body));
/** What labels can be; outcomes with names that were told before. */
const known = (predicted = DOUBLE, outcomes: Readonly<Record<string, OutcomeType>> = {}) => ({
  predicted,
  outcomes: new Map(Object.entries(outcomes)),
});
const json = (labels: unknown, types = DOUBLE) =>
  readLabels(bytes({ labels }), 'json', known(types)).labels;
const csv = (text: string, types = DOUBLE) => readLabels(bytes(text), 'csv', known(types)).labels;
const thrown = (read: () => unknown) => {
  try {
    read();
  } catch (error) {
    if (isDomainError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
};
const refused = (label: unknown, types = DOUBLE): string =>
  thrown(() => json([label], types)).message;
const none = { example_id: null, request_id: null, client_request_id: null };
const at = (label: unknown) => ({ example_id: `${ID}-0`, label });

describe('labels as JSON', () => {
  it('are addressed in three ways, to row 0 unless told', () => {
    const labels = json([
      { example_id: `${ID}-12`, label: 6 },
      { request_id: ID, row: 1, label: 5, labelled_at: '2026-11-20T10:00:00+02:00' },
      { client_request_id: '12 34', label: -0.5 },
    ]);
    expect(labels).toEqual([
      { ...none, example_id: `${ID}-12`, row_index: null, label: 6, labelled_at: null },
      {
        ...{ ...none, request_id: ID, row_index: 1, label: 5 },
        labelled_at: '2026-11-20T08:00:00.000Z',
      },
      { ...none, client_request_id: '12 34', row_index: 0, label: -0.5, labelled_at: null },
    ]);
  });

  it('may say null for what they do not have, as exporters do, but not for the label', () => {
    const nulls = { request_id: null, client_request_id: null, row: null, labelled_at: null };
    expect(json([{ ...nulls, ...at(1) }])).toEqual(json([at(1)]));
    expect(refused({ ...nulls, ...at(null) })).toContain('there is no label');
    expect(refused({ example_id: `${ID}-0` })).toContain('there is no label');
  });

  it.each([
    [{ label: 1 }],
    [{ label: 1, example_id: `${ID}-0`, request_id: ID }],
    [{ label: 1, client_request_id: 'a', request_id: ID }],
    [{ label: 1, client_request_id: 'a', example_id: `${ID}-0`, request_id: ID }],
  ])('are addressed in one way each: %j is refused', (label) => {
    expect(refused(label)).toContain('give one of');
  });

  it.each([
    ['example_id', ID],
    ['example_id', `${ID}-01`],
    ['example_id', `${ID}--1`],
    ['example_id', `${ID}-100000`],
    ['example_id', 7],
    ['request_id', `${ID}-0`],
    ['request_id', ID.toUpperCase().replace('1980', 'ABCD')],
    ['request_id', `${ID}\n`],
    ['request_id', ''],
    ['client_request_id', ''],
    ['client_request_id', 'ä'],
    ['client_request_id', 'x'.repeat(257)],
    ['client_request_id', ['a']],
    ['client_request_id', 5],
  ])('are refused when the %s is %j', (field, value) => {
    expect(refused({ [field]: value, label: 1 })).toMatch(new RegExp(`^label 0: (an? )?${field}`));
  });

  it.each([-1, 1.5, '1', 10_000, true, [0], {}])('are refused for the row %j', (row) => {
    expect(refused({ request_id: ID, row, label: 1 })).toContain('row is a whole number');
  });

  it('take no row beside an example_id, and no members but their own', () => {
    expect(refused({ ...at(1), row: 0 })).toContain('has its row in it');
    expect(refused({ ...at(1), lable: 1 })).toContain('there are only');
    expect(
      thrown(() => readLabels(bytes(`{"labels":[{"__proto__":1}]}`), 'json', known())).kind,
    ).toBe('invalid-input');
  });

  it.each([
    '2026-11-20',
    '2026-11-20T10:00:00',
    '2026-02-30T10:00:00Z',
    '2026-13-01T10:00:00Z',
    '2026-11-20T24:00:00Z',
    '2026-11-20T10:00:60Z',
    '0000-06-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '9999-12-31T23:59:59-01:00',
    '+010000-01-01T00:00:00Z',
    'yesterday',
    '',
    1_700_000_000_000,
    {},
  ])('are refused when labelled_at is %j', (labelled_at) => {
    expect(refused({ ...at(1), labelled_at })).toContain('labelled_at is a time');
  });

  it.each<[TableType, readonly unknown[], readonly unknown[]]>([
    ['double', [0, -1.5, 1e308, 7], ['1', true, [1], {}]],
    ['bigint', [0, 7.0, 2 ** 53 - 1, 1 - 2 ** 53], [0.5, 2 ** 53, '1', false, [1]]],
    ['int', [-(2 ** 31), 2 ** 31 - 1], [2 ** 31, 0.1, '0']],
    ['string', ['', 'a', '5', 'ä\u0000'], [5, true, ['a'], {}]],
    ['boolean', [true, false], [1, 'true', [true]]],
    ['array<double>', [[], [1, 2.5]], [1, '1', [null], ['1'], [[1]], {}]],
    ['array<string>', [['a', '']], [[1], 'a', [null]]],
  ])('of a prediction of %s are of its type', (type, good, bad) => {
    const types = [type];
    expect(json(good.map(at), types).map(({ label }) => label)).toEqual(good);
    for (const label of bad) expect(refused(at(label), types)).toContain(`the label is no ${type}`);
  });

  it('are of one of the types, where versions differ', () => {
    const types: TableType[] = ['double', 'string'];
    expect(json([at(1), at('good')], types)).toHaveLength(2);
    expect(refused(at(true), types)).toContain('double or string');
  });

  it('tell other outcomes by name, each of the type of its first value', () => {
    const told = [
      { ...at(true), name: 'click' },
      { ...at(12.5), name: 'revenue' },
      { ...at('a'), name: 'reason_1' },
      { ...at(5), name: 'label' },
      { ...at(6), name: null },
    ];
    const { labels, outcomes } = readLabels(bytes({ labels: told }), 'json', known());
    expect(labels.map(({ name }) => name)).toEqual([
      'click',
      'revenue',
      'reason_1',
      undefined,
      undefined,
    ]);
    expect([...outcomes]).toEqual([
      ['click', 'boolean'],
      ['revenue', 'double'],
      ['reason_1', 'string'],
    ]);
    expect(refused({ ...at([1]), name: 'click' })).toContain(
      'click is a number, a truth or a text',
    );
    for (const name of ['Click', '1a', 'a-b', '', 'a'.repeat(64), 1, {}]) {
      expect(refused({ ...at(1), name })).toContain('name is');
    }
    const mixed = [
      { ...at(true), name: 'click' },
      { ...at(1), name: 'click' },
    ];
    expect(thrown(() => json(mixed)).message).toContain('label 1: click is no boolean');
    const before = known(DOUBLE, { click: 'double' });
    const again = bytes({ labels: [{ ...at(true), name: 'click' }] });
    expect(thrown(() => readLabels(again, 'json', before)).message).toContain('click is no double');
  });

  it('are no numbers beyond what a number can be', () => {
    const body = bytes(`{"labels":[{"example_id":"${ID}-0","label":1e400}]}`);
    expect(thrown(() => readLabels(body, 'json', known())).kind).toBe('invalid-input');
  });

  it('are 1 to 10,000', () => {
    expect(thrown(() => json([])).message).toBe('there are no labels');
    expect(json(Array(10_000).fill(at(1)))).toHaveLength(10_000);
    expect(thrown(() => json(Array(10_001).fill(at(1)))).message).toContain('10001 labels');
  });

  it.each([
    ['{}', 'invalid-input'],
    ['[]', 'invalid-input'],
    ['{"labels":null}', 'invalid-input'],
    ['{"labels":{}}', 'invalid-input'],
    ['{"labels":[1]}', 'invalid-input'],
    ['{"labels":[[]]}', 'invalid-input'],
    ['{"labels":[null]}', 'invalid-input'],
    ['{"labels":[{},]}', 'malformed-body'],
    ['', 'malformed-body'],
    [`{"labels":[{"example_id":"${ID}-0","label":"\\ud800"}]}`, 'malformed-body'],
  ])('are refused whole when the body is %s', (body, kind) => {
    expect(thrown(() => readLabels(bytes(body), 'json', known(['string']))).kind).toBe(kind);
  });

  it('are refused all for one, with the first 20 faults and how many there are', () => {
    const labels = Array.from({ length: 50 }, (_, i) => at(i % 2 === 0 ? 1 : 'secret-7731'));
    const error = thrown(() => json([...labels, 'secret-7731']));
    expect(error.kind).toBe('invalid-input');
    expect(error.message).toMatch(/^label 1: .* \(and 25 more\)$/);
    expect(error.faults.map(({ row }) => row)).toEqual(
      Array.from({ length: 20 }, (_, i) => 2 * i + 1),
    );
    expect(JSON.stringify([error.message, error.faults])).not.toContain('secret-7731');
  });
});

describe('labels as CSV', () => {
  it('mean what they mean as JSON, with either line end, quotes, and a byte order mark', () => {
    const text = [
      '\uFEFFlabel,request_id,row,client_request_id,labelled_at',
      `5,${ID},1,,2026-11-20T10:00:00Z`,
      '',
      '"-6.5e0",,,"a ""b"", c",',
    ];
    const wanted = json([
      { request_id: ID, row: 1, label: 5, labelled_at: '2026-11-20T10:00:00Z' },
      { client_request_id: 'a "b", c', label: -6.5 },
    ]);
    expect(csv(text.join('\r\n'))).toEqual(wanted);
    expect(csv(`${text.join('\n')}\n`)).toEqual(wanted);
  });

  it('tell outcomes by a column of names; a cell without one is the label', () => {
    const text = `example_id,name,label\n${['click,true', 'revenue,1.5', 'code,007', ',6']
      .map((cells) => `${ID}-0,${cells}`)
      .join('\n')}`;
    const before = known(DOUBLE, { code: 'string' });
    const { labels, outcomes } = readLabels(bytes(text), 'csv', before);
    expect(labels.map(({ name, label }) => [name, label])).toEqual([
      ['click', true],
      ['revenue', 1.5],
      ['code', '007'],
      [undefined, 6],
    ]);
    expect(outcomes.get('revenue')).toBe('double');
  });

  it.each<[TableType, string, unknown]>([
    ['string', '007', '007'],
    ['string', '"a\nb"', 'a\nb'],
    ['boolean', 'TRUE', true],
    ['bigint', '-12', -12],
    ['array<double>', '"[1, 2.5]"', [1, 2.5]],
    ['array<string>', '"[""a""]"', ['a']],
  ])('of a prediction of %s are read from %s', (type, cell, label) => {
    expect(csv(`example_id,label\n${ID}-0,${cell}`, [type])).toMatchObject([{ label }]);
  });

  it.each<[TableType, string]>([
    ['double', '0x10'],
    ['double', ' 5'],
    ['double', '1e400'],
    ['double', 'NaN'],
    ['double', 'Infinity'],
    ['double', 'five'],
    ['bigint', '9007199254740993'],
    ['boolean', '1'],
    ['array<double>', '"[1'],
    ['array<string>', '"[""\\ud800""]"'],
    ['array<double>', '['.repeat(100_000)],
    ['double', ''],
  ])('of a prediction of %s are not read from %.40s', (type, cell) => {
    expect(() => csv(`example_id,label\n${ID}-0,${cell}`, [type])).toThrow();
    expect(thrown(() => csv(`example_id,label\n${ID}-0,${cell}`, [type])).kind).toMatch(
      /invalid-input|malformed-body/,
    );
  });

  it.each([
    '',
    '\n\n',
    'example_id',
    'example_id,label,weight\n',
    'label,label\n',
    ' label\n',
    `${ID}-0,5\n`,
  ])('are refused under the first line %j, which is not repeated', (text) => {
    const error = thrown(() => csv(text));
    expect(error.message).toContain('the first line names columns');
    expect(error.message).not.toContain(ID);
  });

  it('are refused with the places of rows that have other cells or a bad row', () => {
    const error = thrown(() =>
      csv(`request_id,row,label\n${ID},1,5\n${ID},5\n${ID},one,5\n${ID},-1,5\n${ID},1,2,3`),
    );
    expect(error.faults.map(({ row }) => row)).toEqual([1, 2, 3, 4]);
  });

  it('are 1 to 10,000', () => {
    const many = (count: number): string => `example_id,label\n${`${ID}-0,1\n`.repeat(count)}`;
    expect(thrown(() => csv(many(0))).message).toBe('there are no labels');
    expect(csv(many(10_000))).toHaveLength(10_000);
    expect(thrown(() => csv(many(25_000))).message).toContain('25000 labels');
  });
});

describe('whatever comes', () => {
  const types = fc.uniqueArray(
    fc.constantFrom<TableType>(
      'double',
      'int',
      'bigint',
      'string',
      'boolean',
      'array<double>',
      'array<string>',
    ),
    { minLength: 1 },
  );
  const value = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(ID, `${ID}-0`, 'a', '2026-11-20T10:00:00Z', 5, 'true', '[1]', '-0', '"'),
  );
  const field = fc.constantFrom(
    'example_id',
    'request_id',
    'client_request_id',
    'row',
    'label',
    'labelled_at',
    'x',
  );
  const asText = (one: unknown): string => (typeof one === 'string' ? one : JSON.stringify(one));
  const isRead = (read: () => readonly unknown[]): void => {
    try {
      const labels = read();
      const text = JSON.stringify(labels);
      const stored: { readonly label: unknown }[] = JSON.parse(text);
      // What is taken is what will be stored.
      expect(JSON.stringify(stored)).toBe(text);
      expect(stored.filter(({ label }) => label === null)).toEqual([]);
    } catch (error) {
      if (!isDomainError(error)) throw error;
    }
  };

  it('is read or a fault of the caller’s', () => {
    fc.assert(
      fc.property(types, fc.array(fc.dictionary(field, value)), (of, labels) =>
        isRead(() => json(labels, of)),
      ),
    );
    fc.assert(
      fc.property(types, fc.array(fc.array(fc.oneof(field, value.map(asText)))), (of, rows) =>
        isRead(() => csv(rows.map((cells) => cells.join(',')).join('\n'), of)),
      ),
    );
    fc.assert(
      fc.property(types, fc.uint8Array(), fc.constantFrom('csv', 'json'), (of, body, type) =>
        isRead(() => readLabels(body, type, known(of)).labels),
      ),
    );
  });
});
