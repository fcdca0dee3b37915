// The SDK's own schemas (tuples of @smithy/types, version 3.1142.0) as a check of JSON on the wire.
const LIST = 1;
const MAP = 2;
const STRUCTURE = 3;
const LIST_OF = 64;
const MAP_OF = 128;
const SIMPLE: Readonly<Record<number, string>> = {
  0: 'string',
  1: 'number',
  2: 'boolean',
  // Times are seconds since the epoch in this protocol.
  4: 'number',
  7: 'number',
  21: 'string',
};

/**
 * What is wrong with a value by a schema of the SDK: unknown members, required ones that are
 * missing, wrong types. Empty when nothing is. The schemas hold no patterns, lengths or enums.
 */
export const faultsOf = (schema: unknown, value: unknown, path = ''): readonly string[] => {
  const shape = resolved(schema);
  if (typeof shape === 'number') return simpleFaults(shape, value, path);
  if (!Array.isArray(shape)) return shape === 'unit' ? [] : [`${path}: a schema nobody knows`];
  const [kind, , , , inner, second] = shape;
  if (kind === LIST) return listFaults(inner, value, path);
  if (kind === MAP) return mapFaults(second, value, path);
  if (kind === STRUCTURE) return structureFaults(shape, value, path);
  return [`${path}: a schema nobody knows`];
};

/** Schemas refer to each other by functions; a member may be a pair of schema and traits. */
const resolved = (schema: unknown): unknown => {
  if (typeof schema === 'function') return resolved(schema());
  return Array.isArray(schema) && schema.length === 2 ? resolved(schema[0]) : schema;
};

const simpleFaults = (shape: number, value: unknown, path: string): readonly string[] => {
  if (shape >= MAP_OF) return mapFaults(shape - MAP_OF, value, path);
  if (shape >= LIST_OF) return listFaults(shape - LIST_OF, value, path);
  const type = SIMPLE[shape];
  if (type === undefined) return [`${path}: a schema nobody knows`];
  return typeof value === type ? [] : [`${path}: ${typeOf(value)} where a ${type} belongs`];
};

const listFaults = (inner: unknown, value: unknown, path: string): readonly string[] =>
  Array.isArray(value)
    ? value.flatMap((item, index) => faultsOf(inner, item, `${path}[${index}]`))
    : [`${path}: ${typeOf(value)} where a list belongs`];

const mapFaults = (inner: unknown, value: unknown, path: string): readonly string[] =>
  isObject(value)
    ? Object.entries(value).flatMap(([name, item]) => faultsOf(inner, item, `${path}.${name}`))
    : [`${path}: ${typeOf(value)} where a map belongs`];

const structureFaults = (
  [, , name, , members, schemas, required = 0]: readonly unknown[],
  value: unknown,
  path: string,
): readonly string[] => {
  const at = path || String(name);
  if (!isObject(value)) return [`${at}: ${typeOf(value)} where a structure belongs`];
  const names = Array.isArray(members) ? members.map(String) : [];
  const types = Array.isArray(schemas) ? schemas : [];
  // The first ones are the required ones.
  const missing = names.slice(0, Number(required)).filter((member) => value[member] == null);
  const faults = Object.entries(value).flatMap(([member, item]) => {
    const index = names.indexOf(member);
    if (index < 0) return [`${at}.${member}: no such member`];
    return item === null ? [] : faultsOf(types[index], item, `${at}.${member}`);
  });
  return [...missing.map((member) => `${at}.${member}: must not be null`), ...faults];
};

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const typeOf = (value: unknown): string => (Array.isArray(value) ? 'list' : typeof value);
