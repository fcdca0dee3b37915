/** A value of Thrift's compact protocol: whole numbers, bytes, lists and structs, as Parquet's footer has them. */
export type ThriftValue = number | boolean | Uint8Array | ThriftList | ThriftStruct;

export interface ThriftList {
  readonly type: number;
  readonly items: readonly ThriftValue[];
}

export interface ThriftField {
  readonly type: number;
  readonly value: ThriftValue;
}

/** Fields by their ids, in the order in which they are written. */
export type ThriftStruct = ReadonlyMap<number, ThriftField>;

const [TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY] = [1, 2, 3, 4, 5, 6, 7, 8];
const [LIST, SET, STRUCT] = [9, 10, 12];
/** Longer lists have their length behind their first byte. */
const SHORT = 15;

/** @throws RangeError for bytes that are no struct of what Parquet's footer has */
export const decodeThrift = (bytes: Uint8Array): ThriftStruct => {
  let at = 0;
  const byte = (): number => {
    const one = bytes[at++];
    if (one === undefined) throw new RangeError('the bytes end within a value');
    return one;
  };
  const varint = (): number => {
    let [value, factor] = [0, 1];
    for (;;) {
      const one = byte();
      value += (one & 0x7f) * factor;
      if (one < 0x80) return value;
      factor *= 0x80;
    }
  };
  const zigzag = (): number => {
    const n = varint();
    return n % 2 === 0 ? n / 2 : -(n + 1) / 2;
  };
  const raw = (length: number): Uint8Array => {
    at += length;
    if (at > bytes.length) throw new RangeError('the bytes end within a value');
    return bytes.subarray(at - length, at);
  };
  const list = (): ThriftList => {
    const head = byte();
    const type = head & 0x0f;
    const size = head >> 4 === SHORT ? varint() : head >> 4;
    const items = Array.from({ length: size }, () =>
      type === TRUE || type === FALSE ? byte() === TRUE : value(type),
    );
    return { type, items };
  };
  const value = (type: number): ThriftValue => {
    if (type === TRUE || type === FALSE) return type === TRUE;
    if (type === BYTE) return byte();
    if (type === I16 || type === I32 || type === I64) return zigzag();
    if (type === DOUBLE) return raw(8);
    if (type === BINARY) return raw(varint());
    if (type === LIST || type === SET) return list();
    if (type === STRUCT) return struct();
    throw new RangeError(`${type} is no type of a value in a footer`);
  };
  const struct = (): ThriftStruct => {
    const fields = new Map<number, ThriftField>();
    let id = 0;
    for (let head = byte(); head !== 0; head = byte()) {
      id = head >> 4 === 0 ? zigzag() : id + (head >> 4);
      const type = head & 0x0f;
      fields.set(id, { type, value: value(type) });
    }
    return fields;
  };
  const whole = struct();
  if (at !== bytes.length) throw new RangeError('something follows the struct');
  return whole;
};

/** The bytes of a struct, as `decodeThrift` reads them. */
export const encodeThrift = (whole: ThriftStruct): Buffer => {
  const out: Uint8Array[] = [];
  let small: number[] = [];
  const varint = (n: number): void => {
    let rest = n;
    for (; rest >= 0x80; rest = Math.floor(rest / 0x80)) small.push((rest % 0x80) + 0x80);
    small.push(rest);
  };
  const zigzag = (n: number): void => varint(n < 0 ? -2 * n - 1 : 2 * n);
  const raw = (bytes: Uint8Array): void => {
    out.push(Uint8Array.from(small), bytes);
    small = [];
  };
  const write = (type: number, value: ThriftValue): void => {
    // A boolean's type says which it is.
    if (typeof value === 'boolean') return;
    if (typeof value === 'number') {
      if (type === BYTE) small.push(value);
      else zigzag(value);
    } else if (value instanceof Uint8Array) {
      if (type === BINARY) varint(value.length);
      raw(value);
    } else if (value instanceof Map) struct(value);
    else list(value as ThriftList);
  };
  const list = ({ type, items }: ThriftList): void => {
    small.push((Math.min(items.length, SHORT) << 4) | type);
    if (items.length >= SHORT) varint(items.length);
    for (const item of items) {
      if (typeof item === 'boolean') small.push(item ? TRUE : FALSE);
      else write(type, item);
    }
  };
  const struct = (fields: ThriftStruct): void => {
    let before = 0;
    for (const [id, { type, value }] of fields) {
      const step = id - before;
      if (step > 0 && step < SHORT + 1) small.push((step << 4) | type);
      else {
        small.push(type);
        zigzag(id);
      }
      before = id;
      write(type, value);
    }
    small.push(0);
  };
  struct(whole);
  raw(new Uint8Array());
  return Buffer.concat(out);
};
