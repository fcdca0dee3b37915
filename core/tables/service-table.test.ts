import fc from 'fast-check';
import type { ColumnType, Signature } from '../models/signature';
import { type MappedColumn, NO_COLUMNS, type ServiceTable, withVersion } from './service-table';
import { fits } from './table-column';

type Output = Signature['output'];

const output = (type: Output['type'], width = 1): Output => ({ type, width, classes: null });
const signature = (inputs: Readonly<Record<string, ColumnType>>, out = output('double')) => ({
  inputs: Object.entries(inputs).map(([name, type]) => ({ name, type, required: true })),
  output: out,
});
const none = new Set<string>();
const columnsOf = (table: ServiceTable): Record<string, string> =>
  Object.fromEntries(table.columns.map(({ name, type }) => [name, type]));

describe('the columns of a service’s table', () => {
  it('are the features’ names in lower case, with numbers where a name is taken', () => {
    const { table, version } = withVersion(
      NO_COLUMNS,
      signature({
        pH: 'double',
        ph: 'long',
        'Größe (cm)': 'float',
        label: 'string',
        '': 'boolean',
      }),
      none,
    );
    expect(columnsOf(table)).toEqual({
      ph: 'double',
      ph_2: 'bigint',
      gr__e__cm_: 'double',
      label_2: 'string',
      _: 'boolean',
      prediction: 'double',
      label: 'double',
    });
    expect(version.features.map(({ feature, column }) => [feature, column])).toEqual([
      ['pH', 'ph'],
      ['ph', 'ph_2'],
      ['Größe (cm)', 'gr__e__cm_'],
      ['label', 'label_2'],
      ['', '_'],
    ]);
  });

  it.each([
    ['is the longest that there may be', 0],
    ['is one longer', 1],
    ['is much longer', 9_000],
  ])('are 255 characters at most, also with an ending, where a feature’s name %s', (_, more) => {
    const start = 'f'.repeat(255);
    const long = [`${start}${'a'.repeat(more)}`, `${start}${'B'.repeat(more + 1)}`];
    const inputs = signature(Object.fromEntries(long.map((name) => [name, 'string' as const])));
    const { table, version } = withVersion(NO_COLUMNS, inputs, new Set(long));
    expect(version.features.map(({ column, hashColumn }) => [column, hashColumn])).toEqual([
      [start, `${'f'.repeat(250)}_hash`],
      [`${'f'.repeat(253)}_2`, `${'f'.repeat(248)}_hash_2`],
    ]);
    const later = withVersion(table, inputs, none);
    expect(later).toEqual({ table, version });
  });

  it('are used again by a version whose types fit, and gain one where a type does not', () => {
    const first = withVersion(NO_COLUMNS, signature({ a: 'long', b: 'string' }), none).table;
    const { table, version } = withVersion(
      first,
      signature({ b: 'double', a: 'integer', c: 'datetime' }, output('string')),
      none,
    );
    expect(columnsOf(table)).toEqual({
      ...columnsOf(first),
      b_2: 'double',
      c: 'timestamp',
      prediction_2: 'string',
      label_2: 'string',
    });
    expect(version).toMatchObject({ prediction: 'prediction_2', label: 'label_2' });
    expect(version.features.map(({ column }) => column)).toEqual(['b_2', 'a', 'c']);
  });

  it('have a place for hashes once a policy hashes a feature, and keep it', () => {
    const inputs = signature({ Name: 'string', age: 'integer' });
    const { table } = withVersion(NO_COLUMNS, inputs, new Set(['Name']));
    const later = withVersion(table, inputs, none);
    expect(later.table).toEqual(table);
    expect(later.version.features.map(({ hashColumn }) => hashColumn)).toEqual(['name_hash', null]);
  });

  it('hold arrays where a model answers several values per row', () => {
    const { table } = withVersion(NO_COLUMNS, signature({}, output('long', 3)), none);
    expect(columnsOf(table)).toEqual({ prediction: 'array<bigint>', label: 'array<bigint>' });
  });

  it('are never dropped, retyped, renamed or shared by two features, whatever versions come', () => {
    const types: ColumnType[] = [
      'double',
      'float',
      'integer',
      'long',
      'string',
      'boolean',
      'datetime',
    ];
    const names = fc.constantFrom(
      'a',
      'A',
      'a_2',
      'ä',
      'ö',
      'label',
      'prediction',
      'row_index',
      'x y',
    );
    const versions = fc.array(
      fc.record({
        inputs: fc.dictionary(names, fc.constantFrom(...types)),
        type: fc.constantFrom<Output['type']>('double', 'long', 'string', 'boolean'),
        hashed: fc.uniqueArray(names),
      }),
    );
    fc.assert(
      fc.property(versions, (given) => {
        let table: ServiceTable = NO_COLUMNS;
        for (const { inputs, type, hashed } of given) {
          const next = withVersion(table, signature(inputs, output(type)), new Set(hashed));
          expect(next.table.columns.slice(0, table.columns.length)).toEqual(table.columns);
          const byName = new Map<string, MappedColumn>(
            next.table.columns.map((column) => [column.name, column]),
          );
          expect(byName.size).toBe(next.table.columns.length);
          for (const { feature, column, type: wanted } of next.version.features) {
            expect(byName.get(column)).toMatchObject({ kind: 'feature', of: feature });
            expect(fits(wanted, byName.get(column)?.type ?? 'date')).toBe(true);
          }
          ({ table } = next);
          expect(withVersion(table, signature(inputs, output(type)), none).table).toEqual(table);
        }
      }),
    );
  });
});
