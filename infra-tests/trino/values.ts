/** A number as it stands in a JSON text, for a JavaScript number would change some. */
export class ExactNumber {
  readonly source: string;
  constructor(source: string) {
    this.source = source;
  }
}

/** A Trino type, as its protocol tells it. */
export interface TypeSignature {
  readonly rawType: string;
  readonly arguments: readonly { readonly kind: string; readonly value: unknown }[];
}

/** `JSON.parse` in which every number is an `ExactNumber`. */
export const parseExactly = (text: string): unknown =>
  JSON.parse(text, (_key: string, value: unknown, ...[context]: readonly unknown[]) =>
    typeof value === 'number' ? new ExactNumber(sourceOf(context, value)) : value,
  );

const sourceOf = (context: unknown, value: number): string =>
  typeof context === 'object' && context !== null && 'source' in context
    ? String(context.source)
    : String(value);

/** As tests like values: numbers where they are exact, and `bigint`s always as text. */
export const plainValue = (value: unknown, rawType = ''): unknown => {
  if (value instanceof ExactNumber) {
    const number = Number(value.source);
    const isExact = !/^-?\d+$/.test(value.source) || Number.isSafeInteger(number);
    return rawType === 'bigint' || !isExact ? value.source : number;
  }
  if (Array.isArray(value)) return value.map((item) => plainValue(item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plainValue(item)]));
};

/** As Athena tells a value that is not NULL: text, whatever its type. */
export const textOf = (value: unknown, type: TypeSignature): string => {
  if (value === null || value === undefined) return 'null';
  if (value instanceof ExactNumber) return value.source;
  const inner = type.arguments;
  if (type.rawType === 'array' && Array.isArray(value)) {
    return `[${value.map((item) => textOf(item, signatureOf(inner[0]?.value))).join(', ')}]`;
  }
  if (type.rawType === 'row' && Array.isArray(value)) {
    const fields = value.map((item, index) => fieldText(item, inner[index]?.value, index));
    return `{${fields.join(', ')}}`;
  }
  if (type.rawType === 'map' && typeof value === 'object') {
    const of = signatureOf(inner[1]?.value);
    return `{${Object.entries(value)
      .map(([key, item]) => `${key}=${textOf(item, of)}`)
      .join(', ')}}`;
  }
  // The protocol's base64; Athena tells bytes in hexadecimal.
  if (type.rawType === 'varbinary') {
    return (Buffer.from(String(value), 'base64').toString('hex').match(/../g) ?? []).join(' ');
  }
  return String(value);
};

const fieldText = (value: unknown, field: unknown, index: number): string => {
  const { fieldName, typeSignature } = recordOf(field);
  const name = recordOf(fieldName).name ?? `field${index}`;
  return `${name}=${textOf(value, signatureOf(typeSignature))}`;
};

const signatureOf = (value: unknown): TypeSignature => {
  const { rawType, arguments: inner } = recordOf(value);
  return { rawType: String(rawType ?? ''), arguments: Array.isArray(inner) ? inner : [] };
};

const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? { ...value } : {};
