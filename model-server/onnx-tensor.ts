import { protoFields, protoInts, protoText } from './onnx-fields';

/** Where weights lie that are not in the file itself. */
export interface ExternalData {
  readonly location: string;
  readonly offset: number;
  readonly length: number | null;
}

interface GraphTensor {
  readonly name: string;
  readonly external: ExternalData | null;
  /** Of texts and whole numbers, at most 10,000. */
  readonly values: readonly string[] | null;
}

const MAX_NAMES = 10_000;

/** What a tensor is called, where its values lie, and the values when they may be class names. */
export const readTensor = (message: Uint8Array): GraphTensor => {
  let name = '';
  let type = 0;
  let raw: Uint8Array | null = null;
  let isExternal = false;
  const texts: string[] = [];
  const ints: bigint[] = [];
  const data: Record<string, string> = {};
  for (const field of protoFields(message)) {
    const { number, bytes, int } = field;
    if (number === 2) type = Number(int ?? 0);
    if (number === 8) name = protoText(bytes);
    if (number === 6 && texts.length <= MAX_NAMES) texts.push(protoText(bytes));
    if ((number === 5 || number === 7) && (bytes?.length ?? 0) <= MAX_NAMES * 10) {
      if (ints.length <= MAX_NAMES) ints.push(...protoInts(field));
    }
    if (number === 9) raw = bytes;
    if (number === 13 && bytes) Object.assign(data, entryOf(bytes));
    if (number === 14) isExternal = int === 1n;
  }
  const values = type === 8 ? texts : [...ints, ...rawInts(raw, type)].map(String);
  return {
    name,
    external: isExternal ? externalOf(data) : null,
    values: values.length > 0 && values.length <= MAX_NAMES ? values : null,
  };
};

const rawInts = (raw: Uint8Array | null, type: number): bigint[] => {
  const width = type === 7 ? 8 : type === 6 ? 4 : 0;
  if (!raw || width === 0 || raw.length > MAX_NAMES * width || raw.length % width !== 0) return [];
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  return Array.from({ length: raw.length / width }, (_, i) =>
    width === 8 ? view.getBigInt64(i * 8, true) : BigInt(view.getInt32(i * 4, true)),
  );
};

const entryOf = (message: Uint8Array): Record<string, string> => {
  const [key, value] = [1, 2].map((wanted) =>
    protoText([...protoFields(message)].find(({ number }) => number === wanted)?.bytes ?? null),
  );
  return key === undefined || value === undefined ? {} : { [key]: value };
};

const externalOf = ({
  location = '',
  offset,
  length,
}: Partial<Record<string, string>>): ExternalData => ({
  location,
  offset: Number(offset ?? 0),
  length: length === undefined ? null : Number(length),
});
