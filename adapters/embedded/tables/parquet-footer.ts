import {
  encodeThrift,
  type ThriftField,
  type ThriftList,
  type ThriftStruct,
  type ThriftValue,
} from './thrift-compact';

// Ids of fields: https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
const FILE = { schema: 2, rows: 3, groups: 4, orders: 7 } as const;
const ELEMENT = { type: 1, name: 4, children: 5 } as const;
const GROUP = { columns: 1, bytes: 2, rows: 3, at: 5, compressed: 6, ordinal: 7 } as const;
const CHUNK = { at: 2, meta: 3, offsetIndexAt: 4, columnIndexAt: 6 } as const;
const META = { path: 3, bytes: 6, compressed: 7 } as const;
/** Where a column's data, dictionary and filter begin. */
const META_PLACES = [9, 10, 11, 14];

/** What a Parquet file tells of itself at its end. */
export type Footer = ThriftStruct;

/** The footer of a file whose data lies elsewhere. */
export const moved = (footer: Footer, move: (place: number) => number): Footer => {
  const further = (value: ThriftValue): ThriftValue =>
    // Nothing starts at 0: there it says that there is none.
    typeof value === 'number' && value > 0 ? move(value) : value;
  const places = (value: ThriftValue, ids: readonly number[]): ThriftStruct =>
    ids.reduce((fields, id) => changed(fields, id, further), value as ThriftStruct);
  const chunk = (value: ThriftValue): ThriftStruct =>
    changed(
      places(value, [CHUNK.at, CHUNK.offsetIndexAt, CHUNK.columnIndexAt]),
      CHUNK.meta,
      (meta) => places(meta, META_PLACES),
    );
  return changed(footer, FILE.groups, (groups) =>
    each(groups, (group) =>
      changed(places(group, [GROUP.at]), GROUP.columns, (columns) => each(columns, chunk)),
    ),
  );
};

/** The footer of a file that holds the rows of both; undefined when their columns are not the same. */
export const joined = (former: Footer, next: Footer): Footer | undefined => {
  const of = (footer: Footer, id: number): Buffer =>
    encodeThrift(new Map([...footer].filter(([other]) => other === id)));
  const isAlike = [FILE.schema, FILE.orders].every((id) => of(former, id).equals(of(next, id)));
  if (!isAlike) return undefined;
  const groups = [...groupsOf(former), ...groupsOf(next)].map((group, i) =>
    changed(group, GROUP.ordinal, () => i),
  );
  const rows = rowsOf(former) + rowsOf(next);
  const summed = changed(former, FILE.rows, () => rows);
  return changed(summed, FILE.groups, (list) => ({ ...(list as ThriftList), items: groups }));
};

/**
 * The footer of a file of one's rows with another's columns in place of its own; undefined when that one
 * has columns that are not the same, or other row groups.
 */
export const withColumns = (former: Footer, next: Footer): Footer | undefined => {
  const there = schemaOf(former);
  const isAlike = [...schemaOf(next)].every(([name, schema]) => there.get(name)?.equals(schema));
  const [groups, others] = [groupsOf(former), groupsOf(next)];
  if (!isAlike || rowsInGroups(former).join() !== rowsInGroups(next).join()) return undefined;
  const put = groups.map((group, i) => {
    const theirs = new Map(chunksOf(others[i]).map((chunk) => [pathOf(chunk), chunk]));
    const chunks = chunksOf(group).map((chunk) => theirs.get(pathOf(chunk)) ?? chunk);
    return withChunks(group, chunks);
  });
  return changed(former, FILE.groups, (list) => ({ ...(list as ThriftList), items: put }));
};

/**
 * The footer of a file of one's rows that also has columns which are the same in each of them, where
 * `whole` tells of all columns, in their order. `make` brings such a column's chunk, given its physical
 * type; those that are nested are left out of `same`.
 */
export const withSame = (
  footer: Footer,
  whole: Footer,
  same: ReadonlySet<string>,
  make: (name: string, type: number, rows: number) => ThriftStruct,
): Footer => {
  const columns = columnsOf(whole);
  const groups = groupsOf(footer).map((group) => {
    const rows = Number(group.get(GROUP.rows)?.value);
    const theirs = [...chunksOf(group)];
    const chunks = columns.flatMap(({ name, elements: [first], leaves }) =>
      same.has(name)
        ? [make(name, Number(first?.get(ELEMENT.type)?.value), rows)]
        : theirs.splice(0, leaves),
    );
    return withChunks(group, chunks);
  });
  const put = (fields: Footer, id: number): Footer =>
    changed(fields, id, () => whole.get(id)?.value as ThriftValue);
  return changed(put(put(footer, FILE.schema), FILE.orders), FILE.groups, (list) => ({
    ...(list as ThriftList),
    items: groups,
  }));
};

/** Physical types of columns that are not nested, by their names. */
export const flatTypes = (footer: Footer): ReadonlyMap<string, number> =>
  new Map(
    columnsOf(footer)
      .filter(({ elements }) => elements.length === 1)
      .map(({ name, elements: [element] }) => [name, Number(element?.get(ELEMENT.type)?.value)]),
  );

/** How many rows each row group has. */
export const rowsInGroups = (footer: Footer): readonly number[] =>
  groupsOf(footer).map((group) => Number(group.get(GROUP.rows)?.value));

/** How many bytes the data takes that a footer tells of. */
export const dataBytes = (footer: Footer): number =>
  groupsOf(footer)
    .flatMap(chunksOf)
    .reduce((sum, chunk) => sum + Number(metaOf(chunk).get(META.compressed)?.value), 0);

const structsIn = (list: ThriftField | undefined): readonly ThriftStruct[] =>
  ((list?.value as ThriftList | undefined)?.items ?? []) as readonly ThriftStruct[];

const groupsOf = (footer: Footer): readonly ThriftStruct[] => structsIn(footer.get(FILE.groups));

const chunksOf = (group: ThriftStruct | undefined): readonly ThriftStruct[] =>
  structsIn(group?.get(GROUP.columns));

const metaOf = (chunk: ThriftStruct): ThriftStruct => chunk.get(CHUNK.meta)?.value as ThriftStruct;

/** The name of a chunk's column, with those of what it is nested in. */
const pathOf = (chunk: ThriftStruct): string => {
  const path = metaOf(chunk).get(META.path)?.value as ThriftList | undefined;
  const names = path?.items ?? [];
  return names.map((name) => Buffer.from(name as Uint8Array).toString('hex')).join('.');
};

/** A row group with other chunks. */
const withChunks = (group: ThriftStruct, chunks: readonly ThriftStruct[]): ThriftStruct => {
  const sum = (id: number): number =>
    chunks.reduce((bytes, chunk) => bytes + Number(metaOf(chunk).get(id)?.value), 0);
  const sized = changed(group, GROUP.bytes, () => sum(META.bytes));
  const both = changed(sized, GROUP.compressed, () => sum(META.compressed));
  return changed(both, GROUP.columns, (list) => ({ ...(list as ThriftList), items: chunks }));
};

/** A file's columns: what the schema says of each and all that is nested in it, and how many chunks they have. */
const columnsOf = (footer: Footer) => {
  // The first is the row as a whole.
  const elements = structsIn(footer.get(FILE.schema)).slice(1).values();
  const childrenOf = (element: ThriftStruct): number =>
    Number(element.get(ELEMENT.children)?.value ?? 0);
  const whole = (element: ThriftStruct): readonly ThriftStruct[] => [
    element,
    ...Array.from({ length: childrenOf(element) }, () =>
      whole(elements.next().value as ThriftStruct),
    ).flat(),
  ];
  const columns: { name: string; elements: readonly ThriftStruct[]; leaves: number }[] = [];
  for (let next = elements.next(); !next.done; next = elements.next()) {
    const own = whole(next.value);
    columns.push({
      name: Buffer.from(next.value.get(ELEMENT.name)?.value as Uint8Array).toString('utf8'),
      elements: own,
      leaves: own.filter((element) => childrenOf(element) === 0).length,
    });
  }
  return columns;
};

/** By a column's name, what the schema says of it and all that is nested in it. */
const schemaOf = (footer: Footer): ReadonlyMap<string, Buffer> =>
  new Map(
    columnsOf(footer).map(({ name, elements }) => [
      name,
      Buffer.concat(elements.map((element) => encodeThrift(element))),
    ]),
  );

const rowsOf = (footer: Footer): number => Number(footer.get(FILE.rows)?.value);

const each = (list: ThriftValue, change: (item: ThriftValue) => ThriftValue): ThriftList => {
  const { type, items } = list as ThriftList;
  return { type, items: items.map(change) };
};

/** A struct with a field's value changed, if it has that field. */
const changed = (
  fields: ThriftStruct,
  id: number,
  change: (value: ThriftValue) => ThriftValue,
): ThriftStruct => {
  const field: ThriftField | undefined = fields.get(id);
  return field ? new Map(fields).set(id, { ...field, value: change(field.value) }) : fields;
};
