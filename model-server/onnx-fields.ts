import { Reader } from 'protobufjs/minimal';

/** One field of a protobuf message, its place included, so that it can be copied as it is. */
export interface ProtoField {
  readonly number: number;
  /** Of a length-delimited field: a view of its content. */
  readonly bytes: Uint8Array | null;
  /** Of a varint field. */
  readonly int: bigint | null;
  /** Where the field lies in its message, tag included. */
  readonly from: number;
  readonly to: number;
}

/**
 * Walks a message without copying or decoding what it holds.
 * @throws RangeError or Error when the bytes are no protobuf
 */
export function* protoFields(message: Uint8Array): Generator<ProtoField> {
  const reader = Reader.create(message);
  while (reader.pos < reader.len) {
    const from = reader.pos;
    const tag = reader.uint32();
    const wire = tag & 7;
    let bytes: Uint8Array | null = null;
    let int: bigint | null = null;
    if (wire === 2) bytes = view(message, reader);
    else if (wire === 0) int = BigInt(reader.int64().toString());
    else reader.skipType(wire);
    yield { number: tag >>> 3, bytes, int, from, to: reader.pos };
  }
}

const view = (message: Uint8Array, reader: Reader): Uint8Array => {
  const length = reader.uint32();
  const from = reader.pos;
  reader.skip(length);
  return message.subarray(from, from + length);
};

const decoder = new TextDecoder();
export const protoText = (bytes: Uint8Array | null): string => decoder.decode(bytes ?? undefined);

/** The whole numbers of a `repeated int64`, whether packed or not. */
export const protoInts = ({ bytes, int }: ProtoField): bigint[] => {
  if (int !== null) return [int];
  if (!bytes) return [];
  const reader = Reader.create(bytes);
  const ints: bigint[] = [];
  while (reader.pos < reader.len) ints.push(BigInt(reader.int64().toString()));
  return ints;
};
